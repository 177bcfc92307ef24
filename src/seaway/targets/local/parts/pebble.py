"""pebble: plays a certificate authority (RFC 8555), for tests: Let's Encrypt's own test server.

It forgets everything when it ends, and signs by keys that it makes at its start.
"""

import ipaddress
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from seaway.errors import PartMissing
from seaway.probing.tcp import ask_tcp
from seaway.targets.local.part import Found, Launch, NotReady, Placement, Runner

PROGRAM, NAMES = "pebble", "pebble-challtestsrv"
PACKAGE = "pebble"
LASTS = timedelta(days=3650)
"""Of the certificate that the directory itself shows; each start makes another."""
READY_WITHIN = 2.0


class PebblePart:
    """The authority."""

    name = "pebble"

    def find(self, choice: str) -> Found:
        """The system's; there is no package of Python's with it."""
        return _found(PROGRAM, choice)

    async def prepare(self, place: Placement, run: Runner) -> None:
        """Nothing: it keeps nothing."""

    def launch(self, place: Placement) -> Launch:
        """Names are asked of `NAMES`; hosts are looked at on the port of the ingress."""
        told = {
            "listenAddress": f"{place.host}:{place.port('directory')}",
            "managementListenAddress": f"{place.host}:{place.port('management')}",
            "certificate": str(place.folder / "directory.pem"),
            "privateKey": str(place.folder / "directory.key"),
            "httpPort": int(place.env["HTTP_PORT"]),
            "tlsPort": 1,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
            "certificateValidityPeriod": place.server.settings["lasts"],
        }
        certificate, key = _own_certificate(place.host)
        return Launch(
            argv=(
                str(place.found.programs[PROGRAM]), "-config", str(place.folder / "pebble.json"),
                "-dnsserver", place.env["NAMES"],
            ),
            # It would wait up to 15 s before it looks, and refuse one nonce in twenty.
            env={"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"},
            files={
                "pebble.json": json.dumps({"pebble": told}),
                "directory.pem": certificate,
                "directory.key": key,
            },
        )  # fmt: skip

    async def ready(self, place: Placement) -> None:
        """It listens."""
        await _listens(place, "directory")

    async def settle(self, place: Placement, run: Runner) -> None:
        """Nothing to do."""


class NamesPart:
    """Says of every name that it is this machine."""

    name = "pebble-names"

    def find(self, choice: str) -> Found:
        """From the same package."""
        return _found(NAMES, choice)

    async def prepare(self, place: Placement, run: Runner) -> None:
        """Nothing: it keeps nothing."""

    def launch(self, place: Placement) -> Launch:
        """Only names: its answers to challenges are switched off."""
        return Launch(
            argv=(
                str(place.found.programs[NAMES]),
                "-dns01", f"{place.host}:{place.port('dns')}",
                "-management", f"{place.host}:{place.port('management')}",
                "-defaultIPv4", place.host, "-defaultIPv6", "",
                "-http01", "", "-https01", "", "-tlsalpn01", "",
            )
        )  # fmt: skip

    async def ready(self, place: Placement) -> None:
        """It listens."""
        await _listens(place, "management")

    async def settle(self, place: Placement, run: Runner) -> None:
        """Nothing to do."""


def _found(program: str, choice: str) -> Found:
    path = None if choice == "package" else shutil.which(program)
    if path is None:
        raise PartMissing("SW463", part=program, package=PACKAGE)
    return Found(version="", origin=path, programs={program: Path(path)})


async def _listens(place: Placement, port: str) -> None:
    reason = await ask_tcp(place.host, place.port(port), READY_WITHIN)
    if reason:
        raise NotReady(reason)


def _own_certificate(host: str) -> tuple[str, str]:
    """For the directory itself, signed by itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Seaway stand-in")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LASTS)
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return certificate.public_bytes(serialization.Encoding.PEM).decode(), private.decode()
