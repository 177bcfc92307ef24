"""Balance: who gets the next request, and what becomes of those in hand when somebody dies."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections import Counter

import httpx2
import pytest

from seaway.model.names import Name
from seaway.model.route import Upstream
from seaway.proxies.haproxy.inner import FAILURES
from seaway.targets.local.traffic import ServicePorts
from tests.ingress.stand import (
    Backend,
    Request,
    answer,
    backends,
    echoes_its_name,
    free_port,
    routing,
    running,
    says,
    until,
)

CHECKED = (Upstream(workload=Name("api"), port="http", check="/healthz"),)
SERVER = """
import http.server, sys
class Quiet(http.server.BaseHTTPRequestHandler):
    protocol_version, wbufsize = "HTTP/1.1", 65536  # whole answers: half of one is not repeated
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *a): pass
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Quiet).serve_forever()
"""


async def test_the_one_with_the_fewest_requests_in_hand_gets_the_next(tmp_path):
    """R6: a slow instance must not be given the same share as a quick one."""

    async def slow(_: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.write(answer(200, b"slow"))

    async def quick(_: Request, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.01)
        writer.write(answer(200, b"quick"))

    one, other = Backend("api-1", slow), Backend("api-2", quick)
    async with backends(one, other), running(tmp_path, routing()) as stand:
        await stand.admit(one, other)
        said = Counter[str]()

        async def worker(client) -> None:
            ends = time.monotonic() + 2
            while time.monotonic() < ends:
                said[(await client.get("/")).text] += 1

        async with stand.client() as client:
            await asyncio.gather(*(worker(client) for _ in range(4)))

    assert said["slow"] <= 10
    assert said["quick"] >= 5 * said["slow"]


async def test_equals_get_equal_shares(tmp_path):
    api = [Backend(f"api-{n}", echoes_its_name(f"api-{n}")) for n in range(3)]
    async with backends(*api), running(tmp_path, routing()) as stand:
        await stand.admit(*api)
        async with stand.client() as client:
            said = Counter([(await client.get("/")).text for _ in range(60)])

    assert sorted(said.values()) == [20, 20, 20]


async def test_one_that_fails_its_check_gets_nothing_until_it_is_well_again(tmp_path):
    well = asyncio.Event()
    well.set()

    async def moody(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(200 if well.is_set() or request.path != "/healthz" else 503, b"moody"))

    one, other = Backend("api-1", moody), Backend("api-2", says(b"steady"))
    async with backends(one, other), running(tmp_path, routing(upstreams=CHECKED)) as stand:
        await stand.admit(one, other)
        async with stand.client() as client:

            async def share() -> Counter[str]:
                return Counter([(await client.get("/")).text for _ in range(10)])

            async def only_the_steady() -> bool:
                return "moody" not in await share()

            async def both() -> bool:
                return "moody" in await share()

            assert await both()
            well.clear()
            started = time.monotonic()
            await until(only_the_steady, limit=5)
            noticed = time.monotonic() - started
            well.set()
            await until(both, limit=5)

    assert noticed < 3


async def test_a_get_is_tried_again_elsewhere_when_its_instance_dies(tmp_path):
    async def dies(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    one, other = Backend("api-1", dies), Backend("api-2", says(b"ok"))
    async with backends(one, other), running(tmp_path, routing()) as stand:
        await stand.admit(one, other)
        async with stand.client() as client:
            status = [(await client.get("/")).status_code for _ in range(10)]

    assert status == [200] * 10
    assert one.requests, "the dying one must have been asked, or nothing is shown"


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_get_that_an_instance_cannot_serve_is_tried_elsewhere(tmp_path, status):
    """R13."""
    one, other = Backend("api-1", says(b"", status)), Backend("api-2", says(b"ok"))
    async with backends(one, other), running(tmp_path, routing()) as stand:
        await stand.admit(one, other)
        async with stand.client() as client:
            said = [(await client.get("/")).status_code for _ in range(6)]

    assert said == [200] * 6


async def _fails_often(client: httpx2.AsyncClient) -> None:
    for _ in range(FAILURES + 1):
        assert (await client.get("/bad")).status_code == 503


async def test_an_upstream_that_fails_often_is_not_asked_again_for_a_better_answer(tmp_path):
    """Who has too much to do must not be asked six times."""
    api = [Backend(f"api-{n}", says(b"", 503)) for n in range(2)]
    async with backends(*api), running(tmp_path, routing()) as stand:
        await stand.admit(*api)
        async with stand.client() as client:
            await _fails_often(client)
            before = sum(len(each.requests) for each in api)
            for _ in range(5):
                await client.get("/bad")

    assert sum(len(each.requests) for each in api) == before + 5
    assert before > 2 * FAILURES, "until then it was asked again"


@pytest.mark.parametrize("inside", [False, True], ids=["from outside", "from the stack"])
async def test_a_death_costs_no_get_even_while_answers_are_bad(tmp_path, inside):
    """The provider of an application fails for a moment; then one of its instances is killed."""

    async def dies(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path == "/bad":
            writer.write(answer(503))
        else:
            writer.transport.abort()

    async def lives(request: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(503 if request.path == "/bad" else 200))

    one, other = Backend("api-1", dies), Backend("api-2", lives)
    async with backends(one, other), running(tmp_path, routing()) as stand:
        await stand.admit(one, other)
        services = ServicePorts(tmp_path / "services.json", "127.0.0.1", free_port)
        at = services.address(Name("api"), "http")
        elsewhere = {"base_url": f"http://{at.host}:{at.port}"} if inside else {}
        async with stand.client(**elsewhere) as client:
            await _fails_often(client)
            status = [(await client.get("/")).status_code for _ in range(10)]

    assert status == [200] * 10
    assert any(each.path == "/" for each in one.requests), "the dying one must have been asked"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
async def test_what_may_have_had_an_effect_is_never_sent_twice(tmp_path, method):
    """R13. On a connection used before as well: a silent end would make browsers repeat it."""

    async def dies(request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path == "/die":
            writer.transport.abort()
        else:
            writer.write(answer(200, b"ok"))

    api = [Backend(f"api-{n}", dies) for n in range(3)]
    async with backends(*api), running(tmp_path, routing()) as stand:
        await stand.admit(*api)
        async with stand.client() as client:
            for _ in range(4):
                await client.request(method, "/fine", content=b"x")
            try:
                said = await client.request(method, "/die", content=b"pay 100")
            except httpx2.RemoteProtocolError:
                if "2.6." not in stand.place.found.version:
                    raise
                said = None  # HAProxy 2.6 ends the connection: at least not sent again by us
    died = [each for backend in api for each in backend.requests if each.path == "/die"]

    assert len(died) == 1
    if said:
        assert said.status_code == 502
        assert said.json()["error"]["code"] == "bad_gateway"


@pytest.mark.parametrize("status", [502, 503, 504])
async def test_a_post_that_an_instance_refused_is_not_tried_elsewhere(tmp_path, status):
    """The instance may have done half of it before it found that it cannot."""
    api = [Backend(f"api-{n}", says(b"no", status)) for n in range(2)]
    async with backends(*api), running(tmp_path, routing()) as stand:
        await stand.admit(*api)
        async with stand.client() as client:
            said = await client.post("/", content=b"x")

    assert said.status_code == status
    assert sum(len(each.requests) for each in api) == 1


async def test_a_post_that_could_not_be_sent_goes_to_another(tmp_path):
    """Nobody has seen it: a port where nobody listens is no reason to fail."""
    gone, there = Backend("api-1", says(b"ok")), Backend("api-2", says(b"ok"))
    async with backends(gone, there), running(tmp_path, routing()) as stand:
        await stand.admit(gone, there)
        await gone.stop()
        async with stand.client() as client:
            status = [(await client.post("/", content=b"x")).status_code for _ in range(6)]

    assert status == [200] * 6


async def test_without_anybody_the_answer_comes_at_once_after_a_moment_of_patience(tmp_path):
    """Who asks first waits for somebody to come back; whoever asks afterwards does not."""
    async with running(tmp_path, routing()) as stand, stand.client() as client:
        await client.get("/")
        started = time.monotonic()
        said = await client.get("/")

    assert said.status_code == 503
    assert said.json()["error"]["code"] == "unavailable"
    assert time.monotonic() - started < 1


async def test_killing_an_instance_under_load_costs_no_get(tmp_path):
    """kill -9 without any warning, while 16 clients ask as fast as they can."""
    with contextlib.ExitStack() as processes:
        api = [Backend(f"api-{n}", says(b""), port=free_port()) for n in range(3)]
        pids = [_start(processes, each.port) for each in api]
        async with running(tmp_path, routing(upstreams=CHECKED)) as stand:
            await until(lambda: _all_listen(api))
            await stand.admit(*api)
            failed, asked, over = Counter[str](), 0, asyncio.Event()

            async def ask() -> None:
                nonlocal asked
                async with stand.client() as client:
                    while not over.is_set():
                        said = await client.get("/")
                        asked += 1
                        if said.status_code != 200:
                            failed[str(said.status_code)] += 1

            async with asyncio.TaskGroup() as group:
                for _ in range(16):
                    group.create_task(ask())
                await asyncio.sleep(1)
                os.kill(pids[0], signal.SIGKILL)
                await asyncio.sleep(2)
                over.set()

    assert asked > 200
    assert not failed


def _start(processes: contextlib.ExitStack, port: int) -> int:
    process = subprocess.Popen([sys.executable, "-c", SERVER, str(port)], stderr=subprocess.DEVNULL)
    processes.callback(process.wait)
    processes.callback(process.kill)
    return process.pid


async def _all_listen(api: list[Backend]) -> bool:
    for each in api:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", each.port)
        except OSError:
            return False
        writer.close()
    return True


async def test_a_request_that_finds_nobody_waits_for_somebody_to_come_back(tmp_path):
    """An instance that is started anew takes a moment; a payment must not fail for it."""
    api = Backend("api-1", says(b"back"))
    async with backends(api), running(tmp_path, routing()) as stand, stand.client() as client:
        said = []
        for _ in range(2):  # the second time it is gone again at once
            asking = asyncio.create_task(client.post("/", content=b"pay"))
            await asyncio.sleep(1.5)
            await stand.admit(api)
            said.append(await asking)
            await stand.traffic.drain(api.instance())

    assert [(each.status_code, each.text) for each in said] == [(200, "back")] * 2
