"""Limits: rates, sizes and times, each measured from outside."""

import asyncio
import time
from datetime import timedelta

import pytest

from seaway.model.names import Name
from seaway.model.route import Rate, Route, Timeouts
from tests.ingress.stand import HOST, Backend, Request, backends, routing, running, says

ANSWER = 0.01


@pytest.mark.parametrize(("count", "burst", "asked"), [(10, 20, 40), (2, 5, 15)])
async def test_a_burst_passes_and_not_one_more(tmp_path, count, burst, asked):
    """R11: 10/s with a burst of 20, and 2/s with a burst of 5."""
    api = Backend("api-1", says(b"ok"))
    route = Route(path="/", to=Name("api"), rate=Rate(count=count, burst=burst))
    async with backends(api), running(tmp_path, routing(route)) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            started = time.monotonic()
            answers = await asyncio.gather(*(client.get("/") for _ in range(asked)))
            took = time.monotonic() - started
    passed = sum(each.status_code == 200 for each in answers)

    assert burst <= passed <= burst + int(took * count)
    assert {each.status_code for each in answers} == {200, 429}


async def test_after_a_burst_one_passes_each_time_its_share_has_passed(tmp_path):
    """HAProxy's own counters let nothing pass for a while after a burst."""
    api = Backend("api-1", says(b"ok"))
    route = Route(path="/", to=Name("api"), rate=Rate(count=10, burst=5))
    async with backends(api), running(tmp_path, routing(route)) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            await asyncio.gather(*(client.get("/") for _ in range(10)))
            passed, started = 0, time.monotonic()
            while time.monotonic() - started < 2:
                passed += (await client.get("/")).status_code == 200
                await asyncio.sleep(0.02)
            took = time.monotonic() - started

    assert took * 10 - 2 <= passed <= took * 10 + 2


async def test_who_is_refused_is_told_when_to_come_back(tmp_path):
    api = Backend("api-1", says(b"ok"))
    route = Route(path="/", to=Name("api"), rate=Rate(count=1, per=timedelta(seconds=10)))
    async with backends(api), running(tmp_path, routing(route)) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            await client.get("/")
            refused = await client.get("/")

    assert refused.status_code == 429
    assert refused.headers["content-type"] == "application/json"
    assert refused.json() == {
        "error": {
            "code": "rate_limited",
            "message": "Too many requests; try again a little later.",
            "requestId": refused.headers["x-request-id"],
        }
    }
    assert refused.headers["retry-after"] == "10"


async def test_each_address_has_its_own_allowance(tmp_path):
    api = Backend("api-1", says(b"ok"))
    route = Route(path="/", to=Name("api"), rate=Rate(count=1, per=timedelta(minutes=1)))
    given = routing(route, trusted=("127.0.0.0/8",))
    async with backends(api), running(tmp_path, given) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            status = [
                (await client.get("/", headers={"X-Forwarded-For": address})).status_code
                for address in ("192.0.2.1", "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8::1")
            ]

    assert status == [200, 429, 200, 200, 429]


async def test_each_route_has_its_own_allowance(tmp_path):
    api = Backend("api-1", says(b"ok"))
    slow = Rate(count=1, per=timedelta(minutes=1))
    routes = (
        Route(path="/a", to=Name("api"), rate=slow),
        Route(path="/b", to=Name("api"), rate=slow),
    )
    async with backends(api), running(tmp_path, routing(*routes)) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            status = [(await client.get(path)).status_code for path in ("/a", "/b", "/a", "/b")]

    assert status == [200, 200, 429, 429]


async def test_a_body_that_says_it_is_too_large_is_refused(tmp_path):
    api = Backend("api-1", says(b"ok"))
    route = Route(path="/", to=Name("api"), body=1000)
    async with backends(api), running(tmp_path, routing(route)) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            fits = await client.post("/", content=b"x" * 1000)
            refused = await client.post("/", content=b"x" * 1001)

    assert (fits.status_code, refused.status_code) == (200, 413)
    assert refused.json()["error"]["code"] == "too_large"
    assert [len(each.body) for each in api.requests] == [1000]


async def test_a_body_that_does_not_say_its_length_is_counted(tmp_path):
    """A limit on Content-Length alone is no limit."""
    api = Backend("api-1", says(b"ok"))
    route = Route(path="/", to=Name("api"), body=100_000)

    async def pieces(count: int):
        for _ in range(count):
            yield b"x" * 10_000

    async with backends(api), running(tmp_path, routing(route)) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            fits = await client.post("/", content=pieces(10))
            refused = await client.post("/", content=pieces(11))

    assert (fits.status_code, refused.status_code) == (200, 413)
    assert refused.json()["error"]["code"] == "too_large"
    assert [len(each.body) for each in api.requests] == [100_000]


async def test_an_answer_that_does_not_come_is_given_up_at_its_routes_time(tmp_path):
    async def silent(_: Request, __: asyncio.StreamWriter) -> None:
        await asyncio.sleep(20)

    def route(path: str, limit: float) -> Route:
        times = Timeouts(response=timedelta(seconds=limit))
        return Route(path=path, to=Name("api"), timeouts=times)

    api = Backend("api-1", silent)
    async with backends(api), running(tmp_path, routing(route("/", 2), route("/q", 0.5))) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            for path, limit in (("/", 2), ("/q", 0.5)):
                started = time.monotonic()
                answer = await client.get(path)
                took = time.monotonic() - started

                assert answer.status_code == 504
                assert answer.json()["error"]["code"] == "timed_out"
                assert limit <= took < limit + 1
    assert len(api.requests) == 2, "who waited in vain once must not wait again"


async def test_a_head_that_trickles_in_is_given_up(tmp_path):
    """A thousand such connections cost an attacker nothing and would fill every place."""
    async with running(tmp_path, routing()) as stand:
        reader, writer = await stand.connect()
        writer.write(f"GET / HTTP/1.1\r\nHost: {HOST}\r\n".encode())
        started = time.monotonic()
        for _ in range(12):
            writer.write(b"X-More: 1\r\n")
            await asyncio.sleep(1)
            if reader.at_eof() or reader._buffer:
                break
        said = await asyncio.wait_for(reader.read(), 5)
        took = time.monotonic() - started
        writer.close()

    assert said.startswith(b"HTTP/1.1 408")
    assert 9 < took < 13


async def test_an_endless_address_and_an_endless_head_are_refused(tmp_path):
    api = Backend("api-1", says(b"ok"))
    async with backends(api), running(tmp_path, routing()) as stand:
        await stand.admit(api)
        async with stand.client() as client:
            address = await client.get("/" + "a" * 9000)
            head = await client.get("/", headers={"X-Large": "a" * 20_000})

    assert address.status_code == 414
    assert address.json()["error"]["code"] == "uri_too_long"
    assert head.status_code == 400
    assert api.requests == []
