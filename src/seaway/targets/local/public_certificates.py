"""Public certificates: what authorities have signed for the hosts of a stack, kept on disk."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TypedDict

from seaway.durable import make_folder, write_whole
from seaway.model.certificate import Certificate
from seaway.ports.clock import Clock


class _Told(TypedDict):
    signed: str
    """Directory of the authority that signed the one there is; empty where there is none."""
    asked: str
    """Of the one that was asked last."""
    failures: int
    tried: str
    problem: str


class PublicCertificates:
    """Chains with keys, mode 0600, and beside each what came of the last try to renew it."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder, self._clock = folder, clock

    def pem(self, host: str) -> str:
        """Chain and key; empty where there is none. One that has ended is better than none."""
        try:
            return self._file(host).read_text()
        except FileNotFoundError:
            return ""

    def known(self, host: str, directory: str) -> Certificate:
        """The certificate of a host; as if there were none where another authority is asked now."""
        told = self._told(host)
        found = Certificate(host=host)
        if told["asked"] == directory and told["failures"]:
            tried = datetime.fromisoformat(told["tried"])
            found = replace(
                found, failures=told["failures"], tried=tried, problem=told["problem"]
            )  # fmt: skip
        pem = self.pem(host)
        if told["signed"] != directory or not pem:
            return found
        return _with_leaf(found, pem)

    def keep(self, host: str, directory: str, pem: str) -> None:
        """From now on this is the one."""
        make_folder(self._folder, 0o700)
        write_whole(self._file(host), pem, mode=0o600, durable=True)
        self._tell(host, _Told(signed=directory, asked="", failures=0, tried="", problem=""))

    def fail(self, host: str, directory: str, problem: str) -> None:
        """Another could not be had: what there is stays."""
        failures = self.known(host, directory).failures + 1
        tried, signed = self._clock.now().isoformat(), self._told(host)["signed"]
        told = _Told(
            signed=signed, asked=directory, failures=failures, tried=tried, problem=problem
        )
        self._tell(host, told)

    def account(self, directory: str) -> Path:
        """The file with the key of our account there; whoever needs it makes it."""
        make_folder(self._folder, 0o700)
        name = "".join(each if each.isalnum() else "-" for each in directory)[:100]
        return self._folder / f"account-{name}.key"

    def _file(self, host: str) -> Path:
        return self._folder / f"{host}.pem"

    def _tell(self, host: str, told: _Told) -> None:
        make_folder(self._folder, 0o700)
        write_whole(self._folder / f"{host}.json", json.dumps(told), mode=0o600, durable=True)

    def _told(self, host: str) -> _Told:
        try:
            told: _Told = json.loads((self._folder / f"{host}.json").read_text())
        except (FileNotFoundError, ValueError):
            return _Told(signed="", asked="", failures=0, tried="", problem="")
        return told


def _with_leaf(found: Certificate, pem: str) -> Certificate:
    """What stands in it. Loaded when needed: it is slow, and many serve without."""
    from cryptography import x509  # noqa: PLC0415 -- see above
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 -- see above

    leaf = x509.load_pem_x509_certificate(pem.encode())
    names = leaf.issuer.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
    return replace(
        found, issuer=str(names[0].value) if names else leaf.issuer.rfc4514_string(),
        serial=leaf.serial_number, fingerprint=leaf.fingerprint(hashes.SHA256()).hex(),
        since=leaf.not_valid_before_utc, until=leaf.not_valid_after_utc,
    )  # fmt: skip
