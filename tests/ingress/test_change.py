"""Change: instances come and go, routes change, the proxy restarts, and nobody outside notices."""

import asyncio
import shutil
import time
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
import websockets

from seaway.errors import StepFailed
from seaway.model.instance import Traffic
from seaway.model.names import InstanceId, Name
from seaway.model.release import routing_digest
from seaway.model.route import Route, Routing, Timeouts, Upstream
from seaway.targets.local.control import Control
from seaway.targets.local.part import NotReady
from seaway.targets.local.proxy_files import MASTER
from seaway.targets.local.traffic import ProxyTraffic, ServicePorts
from tests.ingress.stand import (
    HOST,
    STACK,
    Backend,
    Request,
    Stand,
    SystemClock,
    answer,
    backends,
    echoes_its_name,
    free_port,
    routing,
    running,
    started,
    until,
)


async def seen(stand: Stand, name: str) -> Traffic:
    return (await stand.traffic.observe()).get(InstanceId(name), Traffic.NONE)


def becomes(stand: Stand, name: str, wanted: Traffic):
    async def holds() -> bool:
        return await seen(stand, name) is wanted

    return holds


async def test_an_instance_gets_requests_from_when_it_is_admitted_until_it_is_drained(tmp_path):
    one, other = (Backend(f"api-{n}", echoes_its_name(f"api-{n}")) for n in (1, 2))
    async with backends(one, other), running(tmp_path, routing()) as stand:
        assert await stand.traffic.observe() == {}
        await stand.admit(one)
        async with stand.client() as client:
            alone = Counter([(await client.get("/")).text for _ in range(4)])
            await stand.admit(other)
            both = Counter([(await client.get("/")).text for _ in range(4)])
            assert await stand.traffic.observe() == {"api-1": Traffic.IN, "api-2": Traffic.IN}
            await stand.traffic.drain(one.instance())
            rest = Counter([(await client.get("/")).text for _ in range(4)])
        left = await stand.traffic.observe()
        await stand.traffic.remove(one.instance())
        gone = await stand.traffic.observe()

    assert [set(alone), set(both), set(rest)] == [{"api-1"}, {"api-1", "api-2"}, {"api-2"}]
    assert left == {"api-1": Traffic.DRAINED, "api-2": Traffic.IN}
    assert gone == {"api-2": Traffic.IN}


async def test_every_order_may_be_given_twice(tmp_path):
    """A supervisor that was killed in the middle does not know how far it came."""
    api = Backend("api-1", echoes_its_name("api-1"))
    async with backends(api), running(tmp_path, routing()) as stand:
        for _ in range(2):
            await stand.admit(api)
            assert await seen(stand, "api-1") is Traffic.IN
        for _ in range(2):
            await stand.traffic.drain(api.instance())
            assert await seen(stand, "api-1") is Traffic.DRAINED
        for _ in range(2):
            await stand.admit(api)
            assert await seen(stand, "api-1") is Traffic.IN
        for _ in range(2):
            await stand.traffic.remove(api.instance())
            assert await seen(stand, "api-1") is Traffic.NONE


class Broken(Control):
    """Of a supervisor that is killed in the midst of an order to drain."""

    orders = 0

    async def _answer(self, command: str) -> str:
        if "state drain" in command:
            if self.orders:
                raise KilledError
            self.orders += 1
        return await super()._answer(command)


class KilledError(Exception):
    """As far as the test can be killed."""


async def test_an_order_to_drain_that_was_broken_off_is_finished(tmp_path):
    """Half of it done, and called drained, the instance was stopped; payments still came to it."""
    api = Backend("api-1", echoes_its_name("api-1"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        good = stand.traffic._control
        stand.traffic._control = Broken(stand.place.folder / MASTER)
        with pytest.raises(KilledError):
            await stand.traffic.drain(api.instance())
        stand.traffic._control = good

        said = await seen(stand, "api-1")
        left = [each for each in await good.servers(await stand.traffic._worker()) if each.admitted]

        assert said in {Traffic.DRAINING, Traffic.DRAINED}
        assert not left
        await stand.admit(api)
        assert await seen(stand, "api-1") is Traffic.IN


class Slow(Control):
    """Of a busy machine: what is to be done is done, but the first answer comes too late."""

    late = False

    async def _answer(self, command: str) -> str:
        said = await super()._answer(command)
        if "add server" in command and not self.late:
            self.late = True
            raise TimeoutError
        return said


async def test_an_instance_that_a_slow_proxy_admitted_unheard_is_admitted(tmp_path):
    api = Backend("api-1", echoes_its_name("api-1"))
    async with backends(api), running(tmp_path, routing()) as stand:
        slow = stand.traffic._control = Slow(stand.place.folder / MASTER)

        await stand.admit(api)

        assert slow.late
        assert await seen(stand, "api-1") is Traffic.IN


async def test_a_request_in_hand_keeps_an_instance_from_being_drained(tmp_path):
    go = asyncio.Event()

    async def waits(_: Request, writer: asyncio.StreamWriter) -> None:
        await go.wait()
        writer.write(answer(200, b"done"))

    api = Backend("api-1", waits)
    async with backends(api), running(tmp_path, routing()) as stand, stand.client() as client:
        await stand.admit(api)
        asking = asyncio.create_task(client.get("/"))
        await until(lambda: _asked(api))
        await stand.traffic.drain(api.instance())
        before = await seen(stand, "api-1")
        go.set()
        said = await asking
        await until(becomes(stand, "api-1", Traffic.DRAINED))

    assert before is Traffic.DRAINING
    assert (said.status_code, said.text) == (200, "done")


async def test_a_half_sent_post_counts_as_in_hand(tmp_path):
    api = Backend("api-1", echoes_its_name("api-1"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        reader, writer = await stand.connect()
        writer.write(f"POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 10\r\n\r\nhalf ".encode())
        await until(lambda: _in_hand(stand))
        await stand.traffic.drain(api.instance())
        before = await seen(stand, "api-1")
        writer.write(b"whole")
        said = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
        writer.close()
        await until(becomes(stand, "api-1", Traffic.DRAINED))

    assert before is Traffic.DRAINING
    assert said.startswith(b"HTTP/1.1 200")
    assert api.requests[0].body == b"half whole"


async def test_an_open_websocket_counts_as_in_hand_even_after_the_routes_have_changed(tmp_path):
    """It lives in the old worker, which the new one knows nothing of."""
    route = Route(path="/", to=Name("api"), websocket=True)
    first = routing(route)
    second = routing(replace(route, body=5))

    async def echo(socket: websockets.ServerConnection) -> None:
        async for message in socket:
            await socket.send(message)

    async with (
        running(tmp_path, first) as stand,
        websockets.serve(echo, "127.0.0.1", 0) as server,
    ):
        api = Backend("api-1", echo, port=next(iter(server.sockets)).getsockname()[1])
        await stand.admit(api)
        port = stand.place.ports["http"]
        async with websockets.connect(
            f"ws://{HOST}/", host="127.0.0.1", port=port, proxy=None
        ) as socket:
            await stand.traffic.configure(second)
            assert await seen(stand, "api-1") is Traffic.IN
            await stand.traffic.drain(api.instance())
            before = await seen(stand, "api-1")
            await socket.send("still there?")
            said = await socket.recv()
        await until(becomes(stand, "api-1", Traffic.DRAINED))

    assert before is Traffic.DRAINING
    assert said == "still there?"


async def test_a_rollout_under_load_loses_nothing(tmp_path):
    """New ones in, old ones drained and stopped, while 8 clients keep their connections."""
    old = [Backend(f"old-{n}", echoes_its_name("old")) for n in range(3)]
    new = [Backend(f"new-{n}", echoes_its_name("new")) for n in range(3)]
    async with backends(*old, *new), running(tmp_path, routing()) as stand:
        await stand.admit(*old)
        async with _load(stand) as said:
            for going, coming in zip(old, new, strict=True):
                await asyncio.sleep(0.3)
                await stand.admit(coming)
                await stand.traffic.drain(going.instance())
                await until(becomes(stand, going.name, Traffic.DRAINED))
                await going.stop()
                await stand.traffic.remove(going.instance())
            await asyncio.sleep(0.3)
        left = await stand.traffic.observe()

    assert set(said) == {"200 old", "200 new"}
    assert said.total() > 100
    assert left == {f"new-{n}": Traffic.IN for n in range(3)}


async def test_a_change_of_routes_under_load_loses_nothing(tmp_path):
    """Three times in a row, as in the trial that this way was chosen by."""
    api = [Backend(f"api-{n}", echoes_its_name("api")) for n in range(2)]
    async with backends(*api), running(tmp_path, routing()) as stand:
        await stand.admit(*api)
        async with _load(stand) as said:
            for limit in (10_000, 20_000, 30_000):
                await asyncio.sleep(0.3)
                given = routing(Route(path="/", to=Name("api"), body=limit))
                await stand.traffic.configure(given)
                assert await stand.traffic.config() == routing_digest(given)
            await asyncio.sleep(0.3)
        after = await stand.traffic.observe()

    assert set(said) == {"200 api"}
    assert said.total() > 100
    assert after == {"api-0": Traffic.IN, "api-1": Traffic.IN}


async def test_who_an_idle_client_of_the_old_routes_may_still_ask_for_is_not_drained(tmp_path):
    """Its connection belongs to the old worker, which knows nobody but the old instances."""
    old, new = Backend("old-1", echoes_its_name("old")), Backend("new-1", echoes_its_name("new"))
    async with backends(old, new), running(tmp_path, routing()) as stand:
        await stand.admit(old)
        reader, writer = await stand.connect()
        first = await _ask_on(reader, writer)
        await stand.traffic.configure(routing(Route(path="/", to=Name("api"), body=5)))
        await stand.admit(new)
        await stand.traffic.drain(old.instance())
        before = await seen(stand, "old-1")
        second = await _ask_on(reader, writer)
        closed = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await until(becomes(stand, "old-1", Traffic.DRAINED))

    assert (first, second, closed) == ("old", "old", b"")
    assert before is Traffic.DRAINING


async def test_a_new_route_and_a_new_upstream_are_taken_up(tmp_path):
    api, web = Backend("api-1", echoes_its_name("api")), Backend("web-1", echoes_its_name("web"))
    more = routing(Route(path="/", to=Name("web")), Route(path="/api", to=Name("api")))
    async with backends(api, web), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        await stand.traffic.configure(more)
        async with stand.client() as client:
            early = (await client.get("/")).status_code
            await stand.admit(web, workload="web")
            said = [(await client.get(path)).text for path in ("/", "/api")]
        await stand.traffic.configure(routing())
        async with stand.client() as client:
            after = (await client.get("/")).text
        traffic = await stand.traffic.observe()

    assert early == 503
    assert said == ["web", "api"]
    assert after == "api"
    assert traffic == {"api-1": Traffic.IN}


async def test_a_routing_that_the_engine_refuses_changes_nothing(tmp_path):
    api = Backend("api-1", echoes_its_name("api"))
    bad = routing(Route(path="/", to=Name("api"), headers={"X-Bad Name": "x"}))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        before = await stand.traffic.config()
        with pytest.raises(StepFailed) as refused:
            await stand.traffic.configure(bad)
        async with stand.client() as client:
            said = (await client.get("/")).text
        after = await stand.traffic.config()
        again = ProxyTraffic(
            stand.place, stack=STACK, certificates=tmp_path / "certificates", clock=SystemClock(),
            services=ServicePorts(tmp_path / "services.json", "127.0.0.1", free_port),
        )  # fmt: skip
        await again.admit(api.instance())

    assert refused.value.code == "SW453"
    assert said == "api"
    assert before == after
    assert "X-Bad" not in stand.config()


async def test_a_restarted_proxy_comes_up_with_those_who_are_still_alive(tmp_path):
    """kill -9 of the proxy: nobody has to be asked before it serves again."""
    api = [Backend(f"api-{n}", echoes_its_name(f"api-{n}")) for n in range(3)]
    async with backends(*api):
        async with running(tmp_path, routing()) as stand:
            await stand.admit(*api)
            await stand.traffic.drain(api[2].instance())
        with pytest.raises(NotReady):
            await stand.traffic.observe()
        await api[0].stop()
        alive = (InstanceId("api-1"), InstanceId("api-2"))
        await stand.traffic.prepare(routing(), alive)
        async with started(stand.place, stand.traffic, tmp_path) as again:
            traffic = await again.traffic.observe()
            async with again.client() as client:
                said = {(await client.get("/")).text for _ in range(4)}

    assert traffic == {"api-1": Traffic.IN}
    assert said == {"api-1"}


async def test_other_services_reach_an_upstream_by_an_address_that_never_changes(tmp_path):
    """For `Host` and `Port` holes: they stand in the environment of running processes."""
    one, other = (Backend(f"api-{n}", echoes_its_name(f"api-{n}")) for n in (1, 2))

    async def slow(_: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1.5)
        writer.write(answer(200, b"model"))

    model = Backend("llm-1", slow)
    times = Timeouts(response=timedelta(seconds=1))
    given = Routing(
        sites=routing(Route(path="/", to=Name("api"), timeouts=times)).sites,
        upstreams=tuple(Upstream(workload=Name(name), port="http") for name in ("api", "llm")),
    )
    services = ServicePorts(tmp_path / "services.json", "127.0.0.1", free_port)
    async with backends(one, other, model), running(tmp_path, given) as stand:
        addresses = [services.address(Name(name), "http") for name in ("api", "llm")]
        await stand.admit(one, other)
        await stand.admit(model, workload="llm")
        async with stand.client() as client:
            at = [f"http://{each.host}:{each.port}/" for each in addresses]
            shared = Counter([(await client.get(at[0])).text for _ in range(4)])
            answered = (await client.get(at[1], headers={"Host": "llm"})).text
        again = ServicePorts(tmp_path / "services.json", "127.0.0.1", free_port)

    assert shared == {"api-1": 2, "api-2": 2}
    assert answered == "model"
    assert [again.address(Name(name), "http") for name in ("api", "llm")] == addresses


def _load(stand: Stand):
    return _Load(stand)


class _Load:
    """Eight clients that keep their connections; counts what they are told."""

    def __init__(self, stand: Stand) -> None:
        self._stand, self._over, self.said = stand, asyncio.Event(), Counter[str]()

    async def __aenter__(self) -> Counter[str]:
        self._tasks = [asyncio.create_task(self._ask()) for _ in range(8)]
        return self.said

    async def __aexit__(self, *_: object) -> None:
        self._over.set()
        await asyncio.gather(*self._tasks)

    async def _ask(self) -> None:
        async with self._stand.client() as client:
            while not self._over.is_set():
                try:
                    got = await client.get("/")
                    self.said[f"{got.status_code} {got.text[:80]}"] += 1
                except Exception as error:  # noqa: BLE001 -- whatever a client may see is counted
                    self.said[repr(error)] += 1


async def _asked(backend: Backend) -> bool:
    return bool(backend.requests)


async def _in_hand(stand: Stand) -> bool:
    worker = (await stand.traffic._control.workers()).current
    return any((await stand.traffic._control.load(worker)).busy.values())


async def _ask_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> str:
    writer.write(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
    head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode().lower()
    length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
    return (await reader.readexactly(length)).decode()


async def test_a_proxy_that_has_ended_is_not_waited_for(tmp_path):
    """Else everything that is taken down after it would take seconds longer."""
    api = Backend("api-1", echoes_its_name("api"))
    async with running(tmp_path, routing()) as stand:
        pass
    shutil.rmtree(stand.place.folder)
    began = time.monotonic()
    with pytest.raises(StepFailed) as refused:
        await stand.traffic.drain(api.instance())

    assert refused.value.code == "SW450"
    assert time.monotonic() - began < 1
