"""Certificates: an authority of this stack alone, for TLS on the reader's own machine (R23)."""

import ipaddress
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from seaway.durable import make_folder, write_whole
from seaway.ports.clock import Clock

AUTHORITY_LASTS = timedelta(days=3650)
LEAF_LASTS = timedelta(days=90)
RENEW_BEFORE = timedelta(days=30)
"""A third of its life is left for noticing that renewing does not work."""
BACKDATED = timedelta(hours=1)
"""Clocks of other machines may be slow."""


class Authority:
    """Makes certificates and keeps them; private keys never leave its folder but for the proxy."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock

    @property
    def root(self) -> Path:
        """The certificate to be trusted by browsers; public."""
        return self._folder / "ca.pem"

    def certificate(self, names: Sequence[str]) -> str:
        """Leaf, authority and key for these names, the first one first; renewed when due."""
        issuer, key = self._authority()
        file = self._folder / f"{names[0]}.pem"
        try:
            kept = file.read_text()
        except FileNotFoundError:
            kept = ""
        if kept and self._good(kept, names, issuer):
            return kept
        fresh = self._leaf(names, issuer, key)
        _write(file, fresh)
        return fresh

    def _good(self, pem: str, names: Sequence[str], issuer: x509.Certificate) -> bool:
        leaf = x509.load_pem_x509_certificate(pem.encode())
        known = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        own = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
        return (
            leaf.not_valid_after_utc - RENEW_BEFORE > self._clock.now()
            and list(known) == _alternatives(names)
            and own == _authority_id(issuer)
        )

    def _authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        """The one that is there, while it lasts longer than what it signs; else a new one."""
        key_file = self._folder / "ca.key"
        if self.root.exists() and key_file.exists():
            certificate = x509.load_pem_x509_certificate(self.root.read_bytes())
            key = serialization.load_pem_private_key(key_file.read_bytes(), None)
            lasts = certificate.not_valid_after_utc - LEAF_LASTS > self._clock.now()
            if lasts and isinstance(key, ec.EllipticCurvePrivateKey):
                return certificate, key
        return self._new_authority(key_file)

    def _new_authority(self, key_file: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(f"Seaway local authority ({self._folder.parent.name})")
        certificate = (
            _builder(subject, subject, key.public_key(), self._clock.now(), AUTHORITY_LASTS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        _write(key_file, _pem(key))
        _write(self.root, certificate.public_bytes(serialization.Encoding.PEM).decode(), 0o644)
        return certificate, key

    def _leaf(
        self, names: Sequence[str], issuer: x509.Certificate, signer: ec.EllipticCurvePrivateKey
    ) -> str:
        key = ec.generate_private_key(ec.SECP256R1())
        leaf = (
            _builder(
                _name(names[0]), issuer.subject, key.public_key(), self._clock.now(), LEAF_LASTS
            )
            .add_extension(x509.SubjectAlternativeName(_alternatives(names)), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(_authority_id(issuer), critical=False)
            .sign(signer, hashes.SHA256())
        )
        encoding = serialization.Encoding.PEM
        chain = leaf.public_bytes(encoding) + issuer.public_bytes(encoding)
        return chain.decode() + _pem(key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime,
    lasts: timedelta,
) -> x509.CertificateBuilder:  # fmt: skip
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + lasts)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs,
        content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _authority_id(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    return [_alternative(name) for name in dict.fromkeys(names)]


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _name(common: str) -> x509.Name:
    """A common name has at most 64 characters (RFC 5280, upper bounds)."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])


def _pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _write(file: Path, text: str, mode: int = 0o600) -> None:
    """Never readable by others, not even for a moment; people trust it, so that it has to last."""
    make_folder(file.parent, 0o700)
    write_whole(file, text, mode=mode, durable=True)
