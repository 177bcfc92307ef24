"""Limits, cache and keys with a real Redis, over several processes."""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from seaway.components.redis import Redis
from seaway.targets.local.parts.redis import RedisPart
from tests.ai.conftest import KEY, gateway, provider
from tests.parts.harness import bench

QUESTION = [{"role": "user", "content": "Why is the sky blue? [[tokens: 20]]"}]
BODY = {"model": "chat", "messages": QUESTION, "max_tokens": 20}
pytestmark = pytest.mark.local


@pytest.fixture
async def redis(tmp_path: Path):
    """A Redis that keeps what it was told, and can be killed."""
    tmp_path.chmod(0o755)
    async with bench(RedisPart(), Redis, tmp_path) as it:
        await it.start()
        yield it
        await it.stop()


def address(redis) -> str:
    [password] = redis.secrets.values()
    return f"redis://:{password}@127.0.0.1:{redis.ports['redis']}/0"


@contextlib.asynccontextmanager
async def doors(count: int, simulator, redis, env: Sequence[dict] = (), **settings: object):
    """So many processes of one gateway, each with more variables."""
    async with contextlib.AsyncExitStack() as stack:
        yield [
            await stack.enter_async_context(
                gateway(
                    {"one": provider(simulator)}, {"STORE": address(redis), **more},
                    store_from="STORE", **settings,
                )
            )
            for more in (env or [{}] * count)
        ]  # fmt: skip


async def tried(doors: list, count: int, body: dict = BODY) -> Counter[int]:
    """How many of so many tries, spread over the processes, got which status."""
    room = asyncio.Semaphore(50)

    async def one(number: int) -> int:
        async with room:
            answer = await doors[number % len(doors)].http.post("/v1/chat/completions", json=body)
            return answer.status_code

    return Counter(await asyncio.gather(*(one(number) for number in range(count))))


async def test_a_limit_of_requests_is_exact_over_all_processes(simulator, redis):
    """G5."""
    limits = {"requests": {"most": 40, "per": 600}}
    async with doors(3, simulator, redis, limits=limits) as three:
        assert await tried(three, 120) == {200: 40, 429: 80}


async def test_who_is_refused_is_told_when_to_come_again_and_is_then_let_in(simulator, redis):
    limits = {"requests": {"most": 1, "per": 2}}
    async with doors(1, simulator, redis, limits=limits) as [door]:
        first = await door.http.post("/v1/chat/completions", json=BODY)
        refused = await door.http.post("/v1/chat/completions", json=BODY)
        wait = float(refused.headers["retry-after-ms"]) / 1000
        await asyncio.sleep(wait)
        after = await door.http.post("/v1/chat/completions", json=BODY)

    assert refused.json()["error"]["code"] == "rate_limit_exceeded"
    assert 0 < wait <= 2.1
    assert (first.status_code, after.status_code) == (200, 200)


async def test_a_limit_of_tokens_counts_what_was_used_and_not_what_was_feared(simulator, redis):
    """The reservation is larger than the use; the difference may be used by others."""
    used = (await simulator.http.post("/v1/chat/completions", json=BODY)).json()["usage"]
    most = used["total_tokens"] * 10 + 40
    limits = {"tokens": {"most": most, "per": 600}}
    async with doors(2, simulator, redis, limits=limits) as two:
        found = Counter[int]()
        for number in range(20):
            found += await tried([two[number % 2]], 1)

    assert found[200] in {10, 11}
    assert found[429] == 20 - found[200]


async def test_money_is_limited_and_counted(simulator, redis):
    """20 tokens at 50,000 a million are 1; the prompt is free here."""
    priced = provider(simulator, prices={"chat": {"output": 50_000}})
    limits = {"spend": {"most": 5_000_000, "per": 600}}
    env = {"STORE": address(redis)}
    async with gateway({"one": priced}, env, store_from="STORE", limits=limits) as door:
        found = Counter[int]()
        for _ in range(8):
            found += await tried([door], 1)
        metrics = (await door.http.get("/metrics")).text

    assert found == {200: 5, 429: 3}
    assert 'ai_cost_total{client="stack",provider="one",model="chat"} 5' in metrics


async def test_a_killed_redis_never_lets_more_in(simulator, redis):
    """While it is away nothing is let in, and that is said; what was counted is still counted."""
    limits = {"requests": {"most": 30, "per": 600}}
    async with doors(2, simulator, redis, limits=limits) as two:
        before = await tried(two, 20)
        place = redis.place
        redis.process.kill()
        await redis.process.wait()
        away = await two[0].http.post("/v1/chat/completions", json=BODY)
        redis.place = place
        await redis.launch()
        await redis.until_ready()
        async with asyncio.timeout(10):
            while (await two[0].http.get("/readyz")).json()["store"] != "up":  # noqa: ASYNC110 -- another process
                await asyncio.sleep(0.05)
            while (await two[1].http.get("/readyz")).json()["store"] != "up":  # noqa: ASYNC110 -- another process
                await asyncio.sleep(0.05)
        after = await tried(two, 40)

    assert (away.status_code, away.json()["error"]["code"]) == (503, "store_unavailable")
    assert before == {200: 20}
    assert after == {200: 10, 429: 30}


async def test_without_redis_a_single_process_is_exact_too(simulator):
    limits = {"requests": {"most": 7, "per": 600}}
    async with gateway({"one": provider(simulator)}, limits=limits) as door:
        assert await tried([door], 20) == {200: 7, 429: 13}


async def test_a_thousand_equal_cold_requests_are_one_call(simulator, redis):
    """G6: also over two processes."""
    routes = {"chat": {"to": [{"provider": "one", "model": "chat"}], "cache": 60}}
    async with doors(2, simulator, redis, routes=routes) as two:
        found = await tried(two, 1000)
        metrics = [(await each.http.get("/metrics")).text for each in two]

    assert found == {200: 1000}
    assert (await simulator.state())["requests"] == 1
    assert sum('result="miss"} 1\n' in each for each in metrics) == 1


async def test_errors_are_not_kept_and_streams_are(simulator, redis):
    routes = {"chat": {"to": [{"provider": "one", "model": "chat"}], "cache": 60}}
    async with doors(1, simulator, redis, routes=routes) as [door]:
        await simulator.fault("400", times=1)
        failed = await door.http.post("/v1/chat/completions", json=BODY)
        good = await door.http.post("/v1/chat/completions", json=BODY)
        first = await door.http.post("/v1/chat/completions", json={**BODY, "stream": True})
        again = await door.http.post("/v1/chat/completions", json={**BODY, "stream": True})

    assert (failed.status_code, good.status_code) == (400, 200)
    assert good.headers["x-seaway-cache"] == "miss"
    assert again.headers["x-seaway-cache"] == "hit"
    assert again.text == first.text
    assert first.text.endswith("data: [DONE]\n\n")


async def test_who_is_over_the_limit_gets_no_kept_answer_and_holds_nobody_up(simulator, redis):
    """The limits and the cache are asked in one go: the second only where the first let it in."""
    routes = {"chat": {"to": [{"provider": "one", "model": "chat"}], "cache": 60}}
    limits = {"requests": {"most": 3, "per": 600}}
    other = {**BODY, "messages": [{"role": "user", "content": "Why is grass green?"}]}
    async with (
        doors(1, simulator, redis, routes=routes, limits=limits) as [door],
        doors(1, simulator, redis, routes=routes) as [free],
    ):
        answers = [await door.http.post("/v1/chat/completions", json=BODY) for _ in range(4)]
        refused = await door.http.post("/v1/chat/completions", json=other)
        asked = (await simulator.state())["requests"]
        after = await free.http.post("/v1/chat/completions", json=other)

    assert [each.status_code for each in (*answers, refused)] == [200, 200, 200, 429, 429]
    assert [each.headers.get("x-seaway-cache") for each in answers] == ["miss", "hit", "hit", None]
    assert asked == 1
    assert after.headers["x-seaway-cache"] == "miss"


async def test_a_repeated_request_is_executed_once(simulator, redis):
    """By its Idempotency-Key, at the same time and later, at either process."""
    headers = {"idempotency-key": "order-17"}
    async with doors(2, simulator, redis) as two:
        answers = await asyncio.gather(*(
            two[number % 2].http.post("/v1/chat/completions", json=BODY, headers=headers)
            for number in range(100)
        ))  # fmt: skip

    assert {each.status_code for each in answers} == {200}
    assert len({each.content for each in answers}) == 1
    assert (await simulator.state())["requests"] == 1


async def test_a_key_is_kept_as_a_hash_and_refused_a_second_after_it_is_revoked(simulator, redis):
    """X5, at both processes."""
    admin = {"authorization": "Bearer admin-key"}
    async with doors(2, simulator, redis, admin_from="ADMIN") as two:
        made = await two[0].http.post(
            "/admin/clients", headers=admin,
            json={"name": "mobile", "limits": {"requests": {"most": 2, "per": 600}}},
        )  # fmt: skip
        key = made.json()["key"]
        own = {"authorization": f"Bearer {key}"}
        found = [(await each.http.post("/v1/chat/completions", json=BODY, headers=own)).status_code
                 for each in (*two, two[0])]  # fmt: skip
        kept = await two[0].http.get("/admin/clients", headers=admin)
        dump = await dumped(redis)
        await two[1].http.delete("/admin/clients/mobile", headers=admin)
        begin = time.monotonic()
        refused = []
        for each in two:
            while (await each.http.get("/v1/models", headers=own)).status_code != 401:  # noqa: ASYNC110 -- another process
                await asyncio.sleep(0.02)
            refused.append(time.monotonic() - begin)
        stranger = await two[0].http.get("/admin/clients")

    assert found == [200, 200, 429]
    assert kept.json() == {"clients": ["stack", "mobile"]}
    assert b"mobile" in dump
    assert key.encode() not in dump
    assert KEY.encode() not in dump
    assert max(refused) < 1
    assert stranger.status_code == 401


async def test_a_provider_that_may_not_be_asked_more_is_passed_by(simulator, redis):
    """R51: its own limits of requests and tokens, over all processes; a retry counts too."""
    strict = provider(simulator, limits={"requests": {"most": 10, "per": 600}})
    routes = {"chat": {"to": [{"provider": "strict", "model": "one"},
                              {"provider": "spare", "model": "two"}]},
              "only": {"to": [{"provider": "strict", "model": "one"}]}}  # fmt: skip
    providers, env = {"strict": strict, "spare": provider(simulator)}, {"STORE": address(redis)}
    async with (
        gateway(providers, env, store_from="STORE", routes=routes) as first,
        gateway(providers, env, store_from="STORE", routes=routes) as second,
    ):
        await simulator.fault("500", times=1)
        answers = [await each.http.post("/v1/chat/completions", json={**BODY, "stream": stream})
                   for each in (first, second) for stream in (False, True)
                   for _ in range(5)]  # fmt: skip
        models = Counter("two" if '"model":"two"' in each.text else "one" for each in answers)
        refused = await first.http.post("/v1/chat/completions", json={**BODY, "model": "only"})
        state = (await first.http.get("/readyz")).json()["providers"]

    assert {each.status_code for each in answers} == {200}
    assert models == {"one": 9, "two": 11}
    assert (refused.status_code, refused.json()["error"]["code"]) == (429, "provider_busy")
    assert float(refused.headers["retry-after-ms"]) > 500_000
    assert state["strict"] == "closed"


async def test_what_clients_used_is_known_after_the_processes_are_gone(simulator, redis):
    """By client, provider and model, over all processes; also what came just before the end."""
    admin = {"authorization": "Bearer admin-key"}
    priced = {"one": provider(simulator, prices={"chat": {"output": 50_000}})}
    env = {"STORE": address(redis)}
    for number in (1, 2):
        async with gateway(priced, env, store_from="STORE", admin_from="ADMIN") as door:
            streamed = {**BODY, "stream": True}
            assert await tried([door], 3 * number) + await tried([door], 1, streamed) == {
                200: 3 * number + 1
            }
    async with gateway(priced, env, store_from="STORE", admin_from="ADMIN") as door:
        stranger = await door.http.get("/admin/usage")
        wrong = await door.http.get("/admin/usage?from=yesterday", headers=admin)
        days = f"from={date.today() - timedelta(1)}&to={date.today() + timedelta(1)}"  # noqa: DTZ011 -- either day will do
        found = (await door.http.get(f"/admin/usage?{days}", headers=admin)).json()["usage"]
        known = (await simulator.http.post("/v1/chat/completions", json=BODY)).json()["usage"]

    [line] = [{key: value for key, value in each.items() if key != "day"} for each in found]
    assert (stranger.status_code, wrong.status_code) == (401, 400)
    assert line == {
        "client": "stack", "provider": "one", "model": "chat", "requests": 11,
        "input_tokens": 11 * known["prompt_tokens"],
        "output_tokens": 11 * known["completion_tokens"],
        "spend": 11 * known["completion_tokens"] * 0.05,
    }  # fmt: skip


async def test_prompts_are_kept_only_where_a_route_says_so_masked_and_for_a_time(simulator, redis):
    admin = {"authorization": "Bearer admin-key"}
    to = [{"provider": "one", "model": "chat"}]
    routes = {"chat": {"to": to}, "watched": {"to": to, "prompts": 3600},
              "briefly": {"to": to, "prompts": 0.5}}  # fmt: skip
    text = "I am Wu, wu@example.com, 13812345678, 11010519491231002X, sk-abcdefghijkl1234"
    body = {"messages": [{"role": "user", "content": text}]}
    providers, env = {"one": provider(simulator)}, {"STORE": address(redis)}
    async with gateway(
        providers, env, store_from="STORE", admin_from="ADMIN", routes=routes
    ) as door:
        for model in ("chat", "watched", "briefly"):
            answer = await door.http.post("/v1/chat/completions", json={**body, "model": model})
            assert answer.status_code == 200
        stranger = await door.http.get("/admin/prompts?route=watched")
        kept = {}
        async with asyncio.timeout(5):
            while not kept.get("watched") or kept["briefly"]:
                for route in routes:
                    found = await door.http.get(f"/admin/prompts?route={route}", headers=admin)
                    kept[route] = found.json()["prompts"]
                await asyncio.sleep(0.05)
        dump = await dumped(redis)

    [row] = kept["watched"]
    assert stranger.status_code == 401
    assert (row["client"], row["model"], kept["chat"]) == ("stack", "watched", [])
    assert "I am Wu, [email], [phone], [id], [key]" in row["text"]
    assert b"wu@example.com" not in dump


async def dumped(redis) -> bytes:
    """All that the files of the Redis hold."""
    folder = redis.root / "data"
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())
