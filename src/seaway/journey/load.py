"""Load: requests from several clients at once for as long as something else goes on."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field

from seaway.journey.http import Http, NoAnswer

PAUSE = 0.005
"""Seconds of each client between two requests: a visitor, not a benchmark."""


@dataclass(slots=True)
class Load:
    """What was answered so far."""

    answers: Counter[int | str] = field(default_factory=Counter[int | str])
    """How often each status; words in place of a status where there was no answer."""
    slowest: float = 0.0
    """Seconds."""

    @property
    def count(self) -> int:
        """Requests that were sent."""
        return self.answers.total()

    @property
    def failures(self) -> dict[int | str, int]:
        """Everything but 2xx."""
        return {
            each: count for each, count in self.answers.items()
            if not isinstance(each, int) or each // 100 != 2  # noqa: PLR2004 -- as in 2xx
        }  # fmt: skip


@contextlib.asynccontextmanager
async def load(client: Http, path: str, clients: int = 4) -> AsyncGenerator[Load]:
    """Ask for `path` while the block runs; it begins after the first answer.

    What is under way at the end of the block is waited for and counted.
    """
    seen, first, over = Load(), asyncio.Event(), asyncio.Event()
    async with asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_visit(client, path, seen, first, over))
        try:
            await first.wait()
            yield seen
        finally:
            over.set()


async def _visit(
    client: Http, path: str, seen: Load, first: asyncio.Event, over: asyncio.Event
) -> None:  # fmt: skip
    loop = asyncio.get_running_loop()
    while not over.is_set():
        begun = loop.time()
        try:
            seen.answers[(await client.get(path)).status] += 1
        except NoAnswer as problem:
            seen.answers[str(problem)] += 1
        seen.slowest = max(seen.slowest, loop.time() - begun)
        first.set()
        await asyncio.sleep(PAUSE)
