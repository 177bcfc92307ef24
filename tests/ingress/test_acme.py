"""Certificates by ACME, through a running ingress, from Let's Encrypt's own test server."""

import asyncio
import contextlib
import os
import shutil
import ssl
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from cryptography import x509

from seaway.errors import StepFailed
from seaway.journey import Http, load
from seaway.model.instance import Address
from seaway.model.names import InstanceId, Name
from seaway.model.route import Acme
from seaway.model.workload import Server, Workload
from seaway.targets.local.issuing import Order, issued
from seaway.targets.local.part import NotReady, Placement
from seaway.targets.local.parts.pebble import NamesPart, PebblePart
from seaway.targets.local.public_certificates import PublicCertificates
from seaway.targets.local.renewing import STAND_IN, Renewing
from tests.fakes.clock import HandClock
from tests.ingress.stand import (
    HOST,
    Backend,
    Stand,
    backends,
    free_port,
    routing,
    running,
    says,
    until,
)

pytest.importorskip("acme", reason="the library acme is not installed")
pytestmark = [
    pytest.mark.timeout(280),
    pytest.mark.skipif(
        shutil.which("pebble") is None or shutil.which("pebble-challtestsrv") is None,
        reason="Let's Encrypt's test server is not installed: apt-get install pebble",
    ),
]
ENVIRON = dict(os.environ)
GIVEN = routing(tls="acme", acme=Acme(directory=""))
LASTS = timedelta(seconds=120)


@contextlib.asynccontextmanager
async def authority(stand: Stand, folder: Path):
    """A stand-in that looks at the port of this ingress."""
    dns = free_port()
    names = _placed(NamesPart(), folder, {"dns": dns, "management": free_port()}, {})
    env = {"NAMES": f"127.0.0.1:{dns}", "HTTP_PORT": str(stand.place.ports["http"])}
    ports = {"directory": free_port(), "management": free_port()}
    signer = _placed(PebblePart(), folder, ports, env)
    async with _running(NamesPart(), names), _running(PebblePart(), signer):
        yield Address(host="127.0.0.1", port=ports["directory"])


def _placed(part, folder, ports, env) -> Placement:
    server = Server(part=part.name, settings={"lasts": int(LASTS.total_seconds())})
    run = folder / f"run-{part.name}"
    run.mkdir(mode=0o700)
    return Placement(
        instance=InstanceId(part.name), server=server, folder=run, volumes={}, host="127.0.0.1",
        workload=Workload(name=Name("a"), component=Name("a"), program=server), ports=ports,
        env=env, found=part.find(""),
    )  # fmt: skip


@contextlib.asynccontextmanager
async def _running(part, place: Placement):
    launch = part.launch(place)
    for name, text in launch.files.items():
        (place.folder / name).write_text(text)
    process = await asyncio.create_subprocess_exec(
        *launch.argv, env=launch.env, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await until(lambda: _ready(part, place))
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def _ready(part, place) -> bool:
    with contextlib.suppress(NotReady):
        await part.ready(place)
        return True
    return False


@contextlib.asynccontextmanager
async def renewing(stand: Stand, clock: HandClock, at):
    """The task that the target keeps, with time in the hand of the test."""
    kept = PublicCertificates(stand.folder / "certificates" / "public", clock)
    keeper = Renewing(kept, clock, partial(issued, environ=ENVIRON), lambda: stand.traffic, at)
    task = asyncio.create_task(keeper.run())
    try:
        yield kept, keeper
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@contextlib.asynccontextmanager
async def served(folder: Path):
    async with running(folder, GIVEN) as stand, backends(Backend("one", says(b"hello"))) as [one]:
        await stand.admit(one)
        yield stand


def client(stand: Stand) -> Http:
    context = ssl.create_default_context(cafile=str(stand.folder / "certificates" / "ca.pem"))
    return Http(stand.https.replace("127.0.0.1", "localhost"), trust=context)


async def shown(stand: Stand) -> str:
    return await Http(stand.https).fingerprint(HOST)


async def test_a_certificate_is_issued_and_renewed_under_load_without_a_lost_request(tmp_path):
    """The whole way, with nothing pretended but the time that passes."""
    clock = HandClock(datetime.now(UTC))
    async with served(tmp_path) as stand, authority(stand, tmp_path) as at:
        own = await shown(stand)
        worker = (await stand.traffic._control.workers()).current
        async with (
            load(client(stand), "/") as seen,
            renewing(stand, clock, lambda: at) as (kept, _),
        ):
            fingerprints = [own]
            for _ in range(3):
                await until(lambda: _another(stand, fingerprints), limit=90)
                await due(clock, kept, STAND_IN)
            await until(lambda: _another(stand, fingerprints), limit=90)
            known = kept.known(HOST, STAND_IN)
        same = (await stand.traffic._control.workers()).current
        left = stand.traffic._files.challenges.read_text()

    assert len(set(fingerprints)) == 5
    assert known.fingerprint == fingerprints[-1]
    assert known.issuer.startswith("Pebble")
    assert abs(known.life - LASTS) < timedelta(seconds=2)
    assert seen.failures == {}
    assert seen.count > 20
    assert worker == same, "no worker had to be exchanged for it"
    assert left == "", "nothing is answered that nobody asks for"


async def due(clock: HandClock, kept: PublicCertificates, signer: str) -> None:
    """Let so much time pass that it must be renewed, however long its issue took."""
    when = kept.known(HOST, signer).due(clock.now())
    await clock.turn(by=when - clock.now() + timedelta(seconds=1))


async def _another(stand: Stand, fingerprints: list[str]) -> bool:
    now = await shown(stand)
    if now not in fingerprints:
        fingerprints.append(now)
        return True
    return False


async def test_a_wrong_answer_to_the_challenge_is_refused(tmp_path):
    """The authority looks for itself; nothing here can talk it into signing."""
    async with served(tmp_path) as stand, authority(stand, tmp_path) as at:
        order = Order(
            host=HOST, directory=f"https://{at.host}:{at.port}/dir", account=tmp_path / "key",
            ca=_ca(at, tmp_path),
        )  # fmt: skip

        async def wrongly(answers):
            await stand.traffic.answer(dict.fromkeys(answers, "something.else"))

        async def not_at_all(answers):
            await stand.traffic.answer({})

        for serve in (wrongly, not_at_all):
            with pytest.raises(StepFailed) as caught:
                await issued(order, serve, ENVIRON)
            assert caught.value.code == "SW456"
            detail = caught.value.facts["detail"]
            assert "challenge" in detail or "Expected" in detail or "status code" in detail, detail

        key = (tmp_path / "key").stat().st_mode & 0o777
        assert key == 0o600
        assert x509.load_pem_x509_certificate(
            (await issued(order, stand.traffic.answer, ENVIRON)).encode()
        ).issuer.rfc4514_string().startswith("CN=Pebble")  # fmt: skip


def _ca(at: Address, folder: Path) -> str:
    file = folder / "directory.pem"
    file.write_text(ssl.get_server_certificate((at.host, at.port)))
    return str(file)


async def test_an_authority_that_is_down_leaves_the_old_certificate_and_is_told(tmp_path):
    clock = HandClock(datetime.now(UTC))
    async with served(tmp_path) as stand:
        own = await shown(stand)
        async with contextlib.AsyncExitStack() as up, load(client(stand), "/") as seen:
            at = await up.enter_async_context(authority(stand, tmp_path))
            directory = f"https://{at.host}:{at.port}/dir"
            given = routing(tls="acme", acme=Acme(directory=directory, ca=_ca(at, tmp_path)))
            await stand.traffic.configure(given)
            async with renewing(stand, clock, lambda: None) as (kept, _):
                await until(lambda: _another(stand, [own]), limit=90)
                old = await shown(stand)
                await up.aclose()
                await due(clock, kept, directory)
                for tries in (1, 2):
                    await until(lambda wanted=tries: _failed(kept, directory, wanted), limit=90)
                    await clock.turn(by=timedelta(seconds=8))
                known = kept.known(HOST, directory)
                after = await shown(stand)

    assert after == old == known.fingerprint
    assert "cannot be reached" in known.problem
    assert seen.failures == {}


async def _failed(kept: PublicCertificates, directory: str, tries: int) -> bool:
    return kept.known(HOST, directory).failures >= tries


async def test_until_there_is_one_the_stacks_own_authority_vouches(tmp_path):
    """For this machine's names it always does: nobody else signs for localhost."""
    async with served(tmp_path) as stand:
        answer = await client(stand).get("/")
        challenge = await Http(stand.url, headers={"Host": HOST}).get(
            "/.well-known/acme-challenge/made-up"
        )
        await stand.traffic.answer({"/.well-known/acme-challenge/known": "known.thumb"})
        known = await Http(stand.url, headers={"Host": HOST}).get(
            "/.well-known/acme-challenge/known"
        )

    assert (answer.status, answer.text) == (200, "hello")
    assert challenge.status == 308
    assert (known.status, known.text) == (200, "known.thumb")


async def test_a_reader_is_told_of_an_authority_that_nobody_can_reach(tmp_path):
    order = Order(
        host=HOST, directory=f"https://127.0.0.1:{free_port()}/dir", account=tmp_path / "key"
    )

    async def never(answers):
        raise AssertionError(answers)

    with pytest.raises(StepFailed) as caught:
        await issued(order, never, ENVIRON)

    assert "cannot be reached" in caught.value.facts["detail"]
