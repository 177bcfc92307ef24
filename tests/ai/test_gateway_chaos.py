"""Faults at random (T20, T21): short as a test, whole with SEAWAY_FAULTS=long."""

import asyncio
import json
import os
import random
import re
from collections import Counter
from pathlib import Path

import openai
import pytest

from tests.ai.conftest import KEY, Program, gateway, provider, simulating, target
from tests.ai.test_gateway_limits import doors, redis, tried  # noqa: F401 -- a fixture

LONG = os.environ.get("SEAWAY_FAULTS") == "long"
SEED = int(os.environ.get("SEAWAY_SEED", "20"))
KINDS = [
    "429", "429;retry-after=1", "500", "503", "reset", "close", "first;for=5", "cut;at={}",
    "break;at={}", "stall;at={}", "malformed;at={}", "event;at={}", "no-end", "page",
]  # fmt: skip
SHARE = 0.2
"""Part of the calls of the bad providers that fail."""
REQUESTS = int(os.environ.get("SEAWAY_REQUESTS", "15000" if LONG else "400"))
"""A long run may be made of parts, each with a seed of its own."""
AT_ONCE = 40
TRIES = 4
"""Of a client that tries again when it is told that it may."""
QUESTION = [{"role": "user", "content": "Why is the sky blue? [[tokens: 30]]"}]


async def make_bad(program: Program) -> None:
    """Each kind is as likely as any other, and breaks off at any piece."""
    luck = random.Random(SEED)  # noqa: S311 -- to be repeated
    count = len(KINDS) * 10
    for number in range(count):
        left = 1 - number * SHARE / count  # of all, after the rules before
        fault = KINDS[number % len(KINDS)].format(luck.randrange(33))
        await program.fault(f"pace;for=1ms,{fault}", rate=SHARE / count / left)


async def answer(door: Program, number: int, whole: str) -> str:
    """`whole`, `typed` for an end that says so, `refused`, or `silent` for what may never be."""
    route = f"chat-{number % 4}"
    client = door.openai().chat.completions
    try:
        if number % 2:
            found = await client.create(model=route, messages=QUESTION)
            text, ended = found.choices[0].message.content, True
        else:
            stream = await client.create(model=route, messages=QUESTION, stream=True)
            events = [each async for each in stream]
            text = "".join(each.choices[0].delta.content or "" for each in events)
            ended = events[-1].choices[0].finish_reason == "stop"
    except openai.APIStatusError as error:
        return "refused" if error.status_code in {429, 502, 503, 504} else "silent"
    except openai.APIError as error:
        return "typed" if error.code == "stream_interrupted" else "silent"
    return "whole" if ended and text == whole else "silent"


async def asked(door: Program, number: int, whole: str, found: Counter[str]) -> None:
    """As a client does that tries again."""
    for attempt in range(TRIES):
        outcome = await answer(door, number, whole)
        found[outcome] += 1
        if outcome in {"whole", "silent"}:
            found["good" if outcome == "whole" else "bad"] += 1
            return
        await asyncio.sleep(0.05 * 2**attempt)
    found["bad"] += 1


def summed(metrics: str, name: str) -> float:
    return sum(
        float(each) for each in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", metrics, re.MULTILINE)
    )


@pytest.mark.timeout(900)
async def test_one_healthy_provider_is_enough_and_nothing_is_cut_in_silence():
    """G1, G2, G3: 3,000 faults of 14 kinds at random pieces when it is long."""
    limits = {"first": 0.8, "between": 0.5, "total": 20}
    async with simulating() as bad, simulating() as good:
        names = [f"bad-{number}" for number in range(4)]
        providers = {name: provider(bad, **limits) for name in names}
        providers["good"] = provider(good, first=20, between=20)
        routes = {f"chat-{number}": {"to": [target(name), target("good")]}
                  for number, name in enumerate(names)}  # fmt: skip
        whole = (await good.openai().chat.completions.create(
            model="chat", messages=QUESTION)).choices[0].message.content  # fmt: skip
        await make_bad(bad)
        found, room = Counter[str](), asyncio.Semaphore(AT_ONCE)

        async def one(number: int) -> None:
            async with room:
                await asked(door, number, whole, found)

        async with gateway(providers, routes=routes) as door:
            await asyncio.gather(*(one(number) for number in range(REQUESTS)))
            metrics = (await door.http.get("/metrics")).text
        faults = sum((await bad.state())["faults"].values())
    calls = sum(found[each] for each in ("whole", "typed", "refused", "silent"))
    amplified = 1 + summed(metrics, "ai_retries_total") / calls
    print(f"seed {SEED}: {faults / 2:.0f} faults, {dict(found)}, amplification {amplified:.3f}")  # noqa: T201 -- the result

    assert faults / 2 > REQUESTS * SHARE / 4, "too few faults fired"
    assert found["silent"] == 0
    assert found["good"] >= 0.999 * REQUESTS
    assert amplified <= 1.1


@pytest.mark.timeout(900)
@pytest.mark.local
async def test_a_provider_that_is_down_is_not_called_more_than_it_is_wanted():
    """G1: all calls fail; after the breaker opens there are nearly none."""
    async with simulating() as down:
        await down.fault("503")
        async with gateway({"one": provider(down)}) as door:
            found = await tried([door], 400)
        calls = (await down.state())["requests"]

    assert set(found) == {503}
    assert calls <= 1.1 * 400


async def answered(reader: asyncio.StreamReader) -> int:
    """The status of a whole answer."""
    head = await reader.readuntil(b"\r\n\r\n")
    [length] = re.findall(rb"content-length: (\d+)", head)
    await reader.readexactly(int(length))
    return int(head[9:12])


async def counted(doors: list[Program], tries: int, body: dict) -> Counter[int]:
    """Like `tried`, with so little work of its own that four processes have theirs."""
    text = json.dumps(body).encode()
    head = (f"POST /v1/chat/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {KEY}\r\n"
            f"content-length: {len(text)}\r\n\r\n")  # fmt: skip
    left, found = iter(range(tries)), Counter[int]()

    async def one(door: Program) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        for _ in left:
            writer.write(head.encode() + text)
            found[await answered(reader)] += 1
        writer.close()

    await asyncio.gather(*(one(doors[number % len(doors)]) for number in range(48)))
    return found


def clocks(folder: Path, count: int) -> list[dict[str, str]]:
    """Variables for so many processes, each with a clock of the world that its file sets."""
    library = "/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1"
    if not Path(library).exists():
        return [{}] * count
    files = [folder / f"clock-{number}" for number in range(count)]
    for file in files:
        file.write_text("+0")
    return [{"LD_PRELOAD": library, "FAKETIME_TIMESTAMP_FILE": str(file), "FAKETIME_NO_CACHE": "1",
             "FAKETIME_DONT_FAKE_MONOTONIC": "1"} for file in files]  # fmt: skip


async def jumping(folder: Path) -> None:
    """Clocks of the world that go an hour forth and back, each when it likes."""
    luck = random.Random(SEED)  # noqa: S311 -- to be repeated
    while files := list(folder.glob("clock-*")):
        luck.choice(files).write_text(luck.choice(["+3600", "-3600", "+0"]))
        await asyncio.sleep(0.1)


async def killed_and_back(redis) -> None:  # noqa: F811 -- a fixture
    """Redis, in the middle of it."""
    place = redis.place
    await asyncio.sleep(1)
    redis.process.kill()
    await redis.process.wait()
    redis.place = place
    await redis.launch()
    await redis.until_ready()


@pytest.mark.local
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", ["requests", "tokens"])
@pytest.mark.parametrize("turn", range(5 if LONG else 1))
async def test_four_processes_together_let_no_more_in_than_the_limit(
    simulator, redis, kind, turn, tmp_path  # noqa: F811 -- the fixture
):  # fmt: skip
    """T21: 10,000 tries five times when it is long; at least 99 % of the limit is used.

    Clocks jump by an hour, where they can be made to, and in a long run Redis is killed.
    """
    tries = 10_000 if LONG else 400
    most = tries // 4
    body = {"model": "chat", "max_tokens": 20, "messages": [
        {"role": "user", "content": "Why is the sky blue? [[tokens: 20]]"}]}  # fmt: skip
    cost = 1
    if kind == "tokens":
        answer = (await simulator.http.post("/v1/chat/completions", json=body)).json()
        cost = answer["usage"]["total_tokens"]
    limits = {kind: {"most": most * cost, "per": 3600}}
    async with doors(4, simulator, redis, clocks(tmp_path, 4), limits=limits) as four:
        jumps = asyncio.create_task(jumping(tmp_path))
        again = asyncio.create_task(killed_and_back(redis)) if LONG else None
        found = await counted(four, tries, body)
        if again:
            await again
            await asyncio.sleep(2)  # until all are connected anew
        found += await counted(four, tries // 2, body)  # what was not used is there again
        jumps.cancel()
    print(f"turn {turn}: {kind}, {dict(found)}, {found[200] / most:.4f} of {most}")  # noqa: T201 -- the result

    assert found[200] * cost <= most * cost
    assert found[200] >= 0.99 * most
    assert found[200] + found[429] + found[503] == tries + tries // 2
