"""Calls of gRPC through the proxy: real servers and clients, a real HAProxy between them."""

import asyncio
import contextlib
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import grpc
import pytest

from seaway.model.instance import Address, Instance, Phase
from seaway.model.names import Digest, InstanceId, Name
from seaway.model.route import Route, Upstream
from seaway.probing.grpc import ask_grpc
from seaway.targets.local.traffic import ServicePorts
from tests.ingress.stand import HOST, STACK, Stand, free_port, routing, running

UPSTREAMS = (
    Upstream(workload=Name("ai"), port="grpc", check="/", balance="roundrobin", replicas=6),
)
SERVER = Path(__file__).with_name("call_server.py")


@dataclass(slots=True)
class Calls:
    """One server of gRPC, a process of its own."""

    name: str
    port: int
    process: asyncio.subprocess.Process

    @property
    def instance(self) -> Instance:
        now = datetime.now(UTC)
        return Instance(
            id=InstanceId(self.name), stack=STACK, workload=Name("ai"), digest=Digest("d"),
            phase=Phase.READY, since=now, created=now,
            addresses={"grpc": Address(host="127.0.0.1", port=self.port)},
        )  # fmt: skip


@contextlib.asynccontextmanager
async def servers(count: int) -> AsyncIterator[list[Calls]]:
    made = list[Calls]()
    try:
        for number in range(count):
            process = await asyncio.create_subprocess_exec(
                sys.executable, str(SERVER), f"ai-{number}", stdout=asyncio.subprocess.PIPE
            )
            made.append(Calls(f"ai-{number}", 0, process))
        for each in made:
            assert each.process.stdout
            each.port = int(await asyncio.wait_for(each.process.stdout.readline(), 30))
        yield made
    finally:
        for each in made:
            with contextlib.suppress(ProcessLookupError):
                each.process.kill()
            await each.process.wait()


@contextlib.asynccontextmanager
async def three(folder: Path) -> AsyncIterator[tuple[Stand, list[Calls], str]]:
    """Three instances let in, and the one address by which the stack reaches them."""
    route = Route(path="/", to=Name("ai"), port="grpc")
    async with servers(3) as ai, running(folder, routing(route, upstreams=UPSTREAMS)) as stand:
        for each in ai:
            await stand.traffic.admit(each.instance)
        services = ServicePorts(folder / "services.json", "127.0.0.1", free_port)
        at = services.address(Name("ai"), "grpc")
        yield stand, ai, f"{at.host}:{at.port}"


def say(channel: grpc.aio.Channel, wait: int = 0, timeout: float = 20.0, name: str = "Say"):
    call = channel.unary_unary(f"/test.Echo/{name}")
    return call(str(wait).encode(), timeout=timeout)


async def said(channel: grpc.aio.Channel, wait: int = 0) -> str:
    """The name of who answered; the code of a call that failed."""
    try:
        return (await say(channel, wait)).decode().split()[0]
    except grpc.aio.AioRpcError as error:
        return error.code().name


async def test_calls_over_one_connection_are_spread_evenly(tmp_path):
    """1,000 calls, within 10 % of a third each: connections are kept, so calls are balanced."""
    async with three(tmp_path) as (_, _, target), grpc.aio.insecure_channel(target) as channel:
        answers = Counter[str]()
        for _ in range(20):
            answers.update(await asyncio.gather(*(said(channel) for _ in range(50))))

    assert set(answers) == {"ai-0", "ai-1", "ai-2"}
    assert all(abs(count - 1000 / 3) <= 1000 / 3 * 0.1 for count in answers.values())


class Load:
    """Calls one after another from several callers, until it is stopped."""

    def __init__(self, channel: grpc.aio.Channel, callers: int = 16, wait: int = 20) -> None:
        self.answers = Counter[str]()
        self._enough = asyncio.Event()
        self._tasks = [asyncio.create_task(self._call(channel, wait)) for _ in range(callers)]

    async def _call(self, channel: grpc.aio.Channel, wait: int) -> None:
        while not self._enough.is_set():
            self.answers[await said(channel, wait)] += 1

    async def more(self, count: int) -> None:
        wanted = self.answers.total() + count
        async with asyncio.timeout(30):
            while self.answers.total() < wanted:  # noqa: ASYNC110 -- they are other tasks
                await asyncio.sleep(0.01)

    async def stop(self) -> Counter[str]:
        self._enough.set()
        await asyncio.gather(*self._tasks)
        return self.answers


async def test_an_instance_that_is_drained_and_stopped_loses_no_call(tmp_path):
    """As Seaway stops one: out of the balance, what is in hand ends, then the signal."""
    async with three(tmp_path) as (stand, ai, target), grpc.aio.insecure_channel(target) as channel:
        load = Load(channel)
        await load.more(200)
        await stand.traffic.drain(ai[0].instance)
        async with asyncio.timeout(10):
            while (await stand.traffic.observe()).get(InstanceId("ai-0")) != "drained":  # noqa: ASYNC110 -- asked
                await asyncio.sleep(0.05)
        ai[0].process.send_signal(signal.SIGTERM)
        await ai[0].process.wait()
        await load.more(200)
        answers = await load.stop()

    assert set(answers) == {"ai-0", "ai-1", "ai-2"}, answers


async def test_an_instance_that_somebody_else_stops_loses_no_call(tmp_path):
    """It says NOT_SERVING to the proxy, which sends nothing new to it, before it stops.

    Without that, what crosses with its goodbye (GOAWAY) is cancelled by the server itself.
    """
    async with three(tmp_path) as (_, ai, target), grpc.aio.insecure_channel(target) as channel:
        load = Load(channel, callers=12)
        await load.more(200)
        ai[0].process.send_signal(signal.SIGTERM)
        await ai[0].process.wait()
        await load.more(200)
        answers = await load.stop()

    assert set(answers) == {"ai-0", "ai-1", "ai-2"}, answers


async def test_calls_are_sent_over_connections_that_are_kept(tmp_path):
    """A new one for each call takes more than half of the time that it takes."""
    async with three(tmp_path) as (_, _, target), grpc.aio.insecure_channel(target) as channel:
        peers = {(await say(channel, name="Peer")).decode() for _ in range(90)}

    assert len(peers) < 15


async def test_a_killed_instance_costs_the_calls_it_had_in_hand_and_no_other(tmp_path):
    """Whether they may be repeated only their client knows: it is told so by UNAVAILABLE."""
    async with three(tmp_path) as (_, ai, target), grpc.aio.insecure_channel(target) as channel:
        load = Load(channel, callers=12, wait=50)
        await load.more(120)
        ai[0].process.kill()
        await ai[0].process.wait()
        await load.more(300)
        answers = await load.stop()

    lost = answers.pop("UNAVAILABLE", 0)
    assert set(answers) == {"ai-0", "ai-1", "ai-2"}
    assert 0 < lost <= 12, "no more than were under way, and those were not repeated unasked"


async def test_deadlines_and_streams_pass_through(tmp_path):
    async with three(tmp_path) as (_, _, target), grpc.aio.insecure_channel(target) as channel:
        _, left = (await say(channel, timeout=7)).decode().split()
        with pytest.raises(grpc.aio.AioRpcError) as late:
            await say(channel, wait=5000, timeout=0.3)
        stream = channel.unary_stream("/test.Echo/Count")(b"5")
        numbers = [item.decode().split()[1] async for item in stream]

    assert 5 < float(left) <= 7
    assert late.value.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    assert numbers == ["0", "1", "2", "3", "4"]


async def test_calls_come_through_the_ingress_too(tmp_path):
    async with three(tmp_path) as (stand, _, _):
        target = f"127.0.0.1:{stand.place.ports['http']}"
        options = (("grpc.default_authority", HOST),)
        async with grpc.aio.insecure_channel(target, options=options) as channel:
            answers = Counter([await said(channel) for _ in range(9)])

    assert answers == {"ai-0": 3, "ai-1": 3, "ai-2": 3}


@pytest.mark.parametrize(
    ("service", "answer"),
    [
        ("", ""),
        ("test.Echo", ""),
        ("test.Closed", "says NOT_SERVING"),
        ("test.Nobody", "refused the call"),
    ],
)
async def test_health_is_asked_as_grpc_has_it(service, answer):
    async with servers(1) as [one]:
        found = await ask_grpc("127.0.0.1", one.port, service, 5)

    assert found.startswith(answer)
    assert bool(found) is bool(answer)


async def test_what_is_no_server_of_grpc_is_not_healthy():
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        found = await ask_grpc("127.0.0.1", port, "", 5)

    assert found == "answered something that is not http/2"
    assert await ask_grpc("127.0.0.1", free_port(), "", 5) == "connection refused"
