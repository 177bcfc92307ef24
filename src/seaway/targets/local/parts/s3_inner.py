"""What the inner servers of an S3 server know each other by; others on this machine do not."""

import hashlib
import hmac
import ipaddress
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY, CERTIFICATE, KEY = "inner-ca.pem", "inner.pem", "inner-key.pem"
TOKENS = ("JWT_SIGNING", "JWT_SIGNING_READ", "JWT_FILER_SIGNING", "JWT_FILER_SIGNING_READ")
ROLES = ("MASTER", "VOLUME", "FILER", "S3", "ADMIN", "WORKER", "CLIENT")
LASTING = timedelta(days=3650)
"""Longer than any process lives: they are made anew at each start."""


def inner_environment(folder: Path, secret: str) -> Mapping[str, str]:
    """Keys for what they send by HTTP, and where the certificates for gRPC are."""
    key = secret.encode()
    env = {f"WEED_{name}_KEY": _derived(key, name) for name in TOKENS}
    env |= {"WEED_ADMIN_USER": "seaway", "WEED_ADMIN_PASSWORD": _derived(key, "ADMIN")}
    env["WEED_GRPC_CA"] = str(folder / AUTHORITY)
    for role in ROLES:
        env[f"WEED_GRPC_{role}_CERT"] = str(folder / CERTIFICATE)
        env[f"WEED_GRPC_{role}_KEY"] = str(folder / KEY)
    return env


def inner_certificates(host: str) -> Mapping[str, str]:
    """An authority that signs one certificate, for both sides of every connection, and is gone."""
    authority, own = (
        ec.generate_private_key(ec.SECP256R1()),
        ec.generate_private_key(ec.SECP256R1()),
    )
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    uses = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
    root = _begun("authority", authority.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    leaf = _begun("inner", own.public_key()).add_extension(names, critical=False)
    leaf = leaf.add_extension(uses, critical=False)
    written = own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return {
        AUTHORITY: _signed(root, authority),
        CERTIFICATE: _signed(leaf, authority),
        KEY: written.decode(),
    }


def _derived(key: bytes, name: str) -> str:
    return hmac.digest(key, name.encode(), hashlib.sha256).hex()


def _begun(name: str, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return x509.CertificateBuilder(
        issuer_name=_named("authority"), subject_name=_named(name), public_key=key,
        serial_number=x509.random_serial_number(), not_valid_before=now - timedelta(days=1),
        not_valid_after=now + LASTING,
    )  # fmt: skip


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _signed(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> str:
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
