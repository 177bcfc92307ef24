"""TLS on the reader's own machine: an authority of the stack, certificates that renew."""

import asyncio
import os
import socket
import ssl
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from cryptography import x509

from seaway.model.names import Name
from seaway.model.route import Route
from seaway.targets.local.certificates import LEAF_LASTS, RENEW_BEFORE, Authority
from tests.ingress.stand import (
    HOST,
    Backend,
    Stand,
    SystemClock,
    backends,
    routing,
    running,
    says,
)

BOTH = (Route(path="/", to=Name("api")),)


class HandClock(SystemClock):
    """Turned by hand."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time


def trust(stand: Stand) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(stand.folder / "certificates" / "ca.pem"))


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "lantern.localhost", HOST])
async def test_whoever_trusts_the_authority_gets_through_under_every_local_name(tmp_path, name):
    api = Backend("api-1", says(b"ok"))
    async with backends(api), running(tmp_path, routing(*BOTH, tls="local")) as stand:
        await stand.admit(api)
        port = stand.place.ports["https"]
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", port, ssl=trust(stand), server_hostname=name
        )
        writer.write(f"GET / HTTP/1.1\r\nHost: {name}:{port}\r\nConnection: close\r\n\r\n".encode())
        said = (await asyncio.wait_for(reader.read(), 5)).decode()
        writer.close()
    [request] = api.requests

    assert said.startswith("HTTP/1.1 200")
    assert request.headers["x-forwarded-proto"] == "https"
    assert ("strict-transport-security" in said) == (name == HOST), "never for the reader's machine"


async def test_nobody_else_trusts_it(tmp_path):
    async with (
        running(tmp_path, routing(*BOTH, tls="auto")) as stand,
        httpx2.AsyncClient(trust_env=False) as client,
    ):
        with pytest.raises(httpx2.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            await client.get(stand.https)


async def test_plain_requests_are_sent_on_with_their_method_and_path(tmp_path):
    """R23: 308 keeps a POST a POST."""
    api = Backend("api-1", says(b"ok"))
    async with backends(api), running(tmp_path, routing(*BOTH, tls="local")) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            said = await client.post("/api/x?y=1", content=b"x")
            live = await client.get("/-/live")
    port = stand.place.ports["https"]

    assert said.status_code == 308
    assert said.headers["location"] == f"https://{HOST}:{port}/api/x?y=1"
    assert live.status_code == 200, "whoever asks whether it lives needs no certificate"
    assert api.requests == []


async def test_behind_a_trusted_proxy_that_speaks_tls_nothing_is_sent_on(tmp_path):
    """R26: it would go round in circles."""
    api = Backend("api-1", says(b"ok"))
    given = routing(*BOTH, tls="local", trusted=("127.0.0.1/32",))
    async with backends(api), running(tmp_path, given) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            said = await client.get("/", headers={"X-Forwarded-Proto": "https"})

    assert said.status_code == 200
    assert said.headers["strict-transport-security"] == "max-age=86400"


async def test_http_2_is_spoken(tmp_path):
    async with running(tmp_path, routing(*BOTH, tls="local")) as stand:
        context = trust(stand)
        context.set_alpn_protocols(["h2", "http/1.1"])
        reader, writer = await asyncio.open_connection(
            "127.0.0.1", stand.place.ports["https"], ssl=context, server_hostname="localhost"
        )
        chosen = writer.get_extra_info("ssl_object").selected_alpn_protocol()
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes.fromhex("000000040000000000"))
        frame = await asyncio.wait_for(reader.readexactly(9), 5)
        writer.close()

    assert chosen == "h2"
    assert frame[3] == 4, "the first frame of a server is SETTINGS (RFC 9113, 3.4)"


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1])
async def test_old_versions_are_refused(tmp_path, version):
    async with running(tmp_path, routing(*BOTH, tls="local")) as stand:
        context = trust(stand)
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.minimum_version = context.maximum_version = version
        with pytest.raises((ssl.SSLError, ConnectionError)):
            await asyncio.open_connection(
                "127.0.0.1", stand.place.ports["https"], ssl=context, server_hostname="localhost"
            )


async def test_a_certificate_is_replaced_while_the_proxy_runs(tmp_path):
    """As a renewal does it, by ACME or by our own authority: connections stay."""
    async with running(tmp_path, routing(*BOTH, tls="local")) as stand:
        before = _served(stand)
        (tmp_path / "certificates" / f"{HOST}.pem").unlink()
        pid = (await stand.traffic._control.workers()).current
        await stand.traffic.renew()
        after = await asyncio.to_thread(_served, stand)
        same = (await stand.traffic._control.workers()).current

    assert before.serial_number != after.serial_number
    assert pid == same, "no worker had to be exchanged for it"


async def test_the_readers_own_certificate_is_served(tmp_path):
    file = tmp_path / "own.pem"
    file.write_text(Authority(tmp_path / "elsewhere", SystemClock()).certificate((HOST,)))
    given = routing(*BOTH, tls="files", certificate=str(file))
    async with running(tmp_path, given) as stand:
        served = await asyncio.to_thread(_served, stand)

    assert served == x509.load_pem_x509_certificate(file.read_bytes())


def test_a_certificate_is_kept_until_a_third_of_its_life_is_left(tmp_path):
    clock = HandClock()
    first = Authority(tmp_path, clock).certificate((HOST,))
    clock.time += LEAF_LASTS - RENEW_BEFORE - timedelta(hours=1)
    kept = Authority(tmp_path, clock).certificate((HOST,))
    clock.time += timedelta(hours=2)
    renewed = Authority(tmp_path, clock).certificate((HOST,))

    assert first == kept
    assert renewed != first
    assert x509.load_pem_x509_certificate(renewed.encode()).not_valid_after_utc > clock.time + (
        LEAF_LASTS - timedelta(minutes=1)
    )


def test_other_names_need_another_certificate(tmp_path):
    authority = Authority(tmp_path, SystemClock())

    assert authority.certificate((HOST,)) != authority.certificate((HOST, "localhost"))


def test_an_authority_that_ends_soon_is_replaced_with_all_that_it_signed(tmp_path):
    clock = HandClock()
    first = Authority(tmp_path, clock).certificate((HOST,))
    clock.time += timedelta(days=3600)
    second = Authority(tmp_path, clock).certificate((HOST,))
    root = x509.load_pem_x509_certificate((tmp_path / "ca.pem").read_bytes())
    leaf = x509.load_pem_x509_certificate(second.encode())

    assert first != second
    leaf.verify_directly_issued_by(root)
    assert root.not_valid_after_utc > leaf.not_valid_after_utc


def test_keys_are_for_nobody_else(tmp_path):
    old = os.umask(0)
    try:
        Authority(tmp_path / "c", SystemClock()).certificate((HOST,))
    finally:
        os.umask(old)
    modes = {file.name: file.stat().st_mode & 0o777 for file in (tmp_path / "c").iterdir()}

    assert modes == {"ca.key": 0o600, "ca.pem": 0o644, f"{HOST}.pem": 0o600}
    assert (tmp_path / "c").stat().st_mode & 0o777 == 0o700


def _served(stand: Stand) -> x509.Certificate:
    context = ssl._create_unverified_context()  # noqa: S323 -- only looked at
    with (
        socket.create_connection(("127.0.0.1", stand.place.ports["https"]), 5) as raw,
        context.wrap_socket(raw, server_hostname=HOST) as wrapped,
    ):
        return x509.load_der_x509_certificate(wrapped.getpeercert(binary_form=True))
