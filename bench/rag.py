"""How long a question waits for its answer.

`python bench/rag.py [rounds]` brings up the stack of tests/evaluation/rag (gateway, offline models,
vectors, PostgreSQL, Redis), takes in its texts, and asks its questions as streams; each round puts
another number behind each question, so that no answer is kept yet. Wall time, in milliseconds.
"""

import asyncio
import json
import statistics
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx2

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.evaluation.rag.__main__ import stack
from tests.evaluation.rag.measuring import ingested
from tests.evaluation.rag.texts import questions


@dataclass
class Times:
    """Of one way of asking."""

    sources: list[float] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


async def ask(client: httpx2.AsyncClient, question: str, times: Times) -> None:
    began, seen = time.perf_counter(), set[str]()
    async with client.stream("POST", "/v1/ask", json={"question": question, "stream": True}) as it:
        assert it.is_success, await it.aread()
        async for line in it.aiter_lines():
            name = line.removeprefix("event: ")
            if name == line or name in seen:
                continue
            seen.add(name)
            passed = 1000 * (time.perf_counter() - began)
            {"sources": times.sources, "token": times.first, "done": times.whole}[name].append(
                passed
            )


async def round_of(client: httpx2.AsyncClient, texts: Sequence[str], at_once: int) -> Times:
    times, turn = Times(), asyncio.Semaphore(at_once)

    async def one(text: str) -> None:
        async with turn:
            await ask(client, text, times)

    await asyncio.gather(*map(one, texts))
    return times


def shown(name: str, times: Times) -> None:
    def of(values: list[float]) -> str:
        if not values:
            return f"{'-':>16}"
        p95 = statistics.quantiles(values, n=20)[-1]
        return f"{statistics.median(values):>8.1f}/{p95:>7.1f}"

    print(f"{name:34}{of(times.sources)}{of(times.first)}{of(times.whole)}", flush=True)


async def main(url: str, key: str, rounds: int) -> None:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx2.AsyncClient(base_url=url, headers=headers, timeout=120) as client:
        began = time.perf_counter()
        passages = await ingested(client)
        took = time.perf_counter() - began
        print(f"taken in: {passages} passages, {passages / took:.1f} a second\n")
        print(f"{'p50/p95, ms':34}{'sources':>16}{'first token':>16}{'whole':>16}")
        texts = [each.text for each in questions()]
        for number in range(rounds):
            fresh = [f"{text} ({number})" for text in texts]
            shown("one at a time", await round_of(client, fresh, 1))
        fresh = [f"{text} ({rounds})" for text in texts]
        shown("eight at once", await round_of(client, fresh, 8))
        shown("kept answers, one at a time", await round_of(client, fresh, 1))
        retrieved = Times()
        for text in texts:
            began = time.perf_counter()
            told = {"question": text, "limit": 10}
            assert (await client.post("/v1/search", json=told)).is_success
            retrieved.sources.append(1000 * (time.perf_counter() - began))
        shown("retrieval alone (/v1/search)", retrieved)
        metrics = (await client.get("/metrics")).text.splitlines()
        told = dict(line.rsplit(" ", 1) for line in metrics if not line.startswith("#"))
        print(json.dumps({key: told[key] for key in (
            "process_resident_memory_bytes", "process_cpu_seconds_total"
        )}))  # fmt: skip


if __name__ == "__main__":
    with stack() as place:
        asyncio.run(main(*place, int(sys.argv[1]) if len(sys.argv) > 1 else 2))
