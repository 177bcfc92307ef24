"""Authority: plays a certificate authority on this machine, where the ingress is in a container.

Programs in containers have no stand-in of Seaway's; to Seaway this one is an authority of the
world, at its address and by its own certificate.
"""

import asyncio
import ipaddress
import json
import shutil
import socket
import tempfile
from asyncio.subprocess import DEVNULL, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from seaway.journey import Both, System, expect, until

HERE = "127.0.0.1"
LASTS = 60
"""Seconds that a certificate is good for."""
PATIENCE = timedelta(seconds=20)
SIGNER, NAMES = "pebble", "pebble-challtestsrv"


@asynccontextmanager
async def stand_in(system: System) -> AsyncGenerator[str]:
    """How it is named: Seaway brings it where programs run on this machine itself."""
    if system.environment == "local":
        yield "{directory: stand-in}"
        return
    port = urlsplit(system.addresses[0]).port or 80
    async with authority(port) as (directory, vouching):
        yield f"{{directory: '{directory}', ca: '{vouching}'}}"


@asynccontextmanager
async def authority(port: int) -> AsyncGenerator[tuple[str, Path]]:
    """Its directory, and the file of those who vouch for it.

    To it every name is this machine, and whoever asks for a certificate answers at `port`.
    """
    programs = [shutil.which(each) for each in (SIGNER, NAMES)]
    expect(all(programs), Both("pebble is not installed", "没有安装 pebble"))
    signer, names = map(str, programs)
    [directory, management, dns, dns_management] = free_ports(4)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        certificate, key = folder / "directory.pem", folder / "directory.key"
        vouch(certificate, key)
        told = {
            "listenAddress": f"{HERE}:{directory}",
            "managementListenAddress": f"{HERE}:{management}",
            "certificate": str(certificate), "privateKey": str(key),
            "httpPort": port, "tlsPort": 1, "certificateValidityPeriod": LASTS,
        }  # fmt: skip
        config = folder / "pebble.json"
        config.write_text(json.dumps({"pebble": told}))
        # It would wait up to 15 s before it looks, and refuse one nonce in twenty.
        env = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
        started = [
            await begun(
                names, "-dns01", f"{HERE}:{dns}", "-management", f"{HERE}:{dns_management}",
                "-defaultIPv4", HERE, "-defaultIPv6", "", "-http01", "", "-https01", "",
                "-tlsalpn01", "", env={},
            ),
            await begun(signer, "-config", str(config), "-dnsserver", f"{HERE}:{dns}", env=env),
        ]  # fmt: skip
        try:
            away = Both("the authority does not answer", "证书机构没有响应")
            await until(lambda: listens(directory), away, PATIENCE)
            yield f"https://{HERE}:{directory}/dir", certificate
        finally:
            for each in started:
                with suppress(ProcessLookupError):
                    each.kill()
                await each.wait()


async def begun(*argv: str, env: dict[str, str]) -> Process:
    """A program whose words nobody needs."""
    return await asyncio.create_subprocess_exec(*argv, env=env, stdout=DEVNULL, stderr=DEVNULL)


async def listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HERE, port)
    except OSError:
        return False
    writer.close()
    return True


def free_ports(count: int) -> list[int]:
    held = [socket.create_server((HERE, 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in held]
    for each in held:
        each.close()
    return ports


def vouch(certificate: Path, key: Path) -> None:
    """For the address of the directory, signed by itself."""
    made, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "authority of a journey")])
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(made.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HERE))]),
            critical=False,
        )
        .sign(made, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    key.touch(mode=0o600)
    key.write_bytes(
        made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
