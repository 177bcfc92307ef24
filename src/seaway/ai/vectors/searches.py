"""Searches: those that wait at the same time go to the database together.

Much of what a search costs beside the index are messages to and fro. One alone goes at once.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from seaway.ai.vectors.numbers import Vector

AT_ONCE = 3
"""Statements under way: with two of them a processor stands still while one is being answered; with
four the searches go singly."""
TOGETHER = 16
"""Searches in one statement."""
Key = TypeVar("Key")
Found = TypeVar("Found")


class Searches(Generic[Key, Found]):
    """Those with the same key are handed to `ask` together; it returns an answer for each."""

    def __init__(self, ask: Callable[[Key, Sequence[Vector]], Awaitable[Sequence[Found]]]) -> None:
        self._ask = ask
        self._waiting = defaultdict[Key, list[tuple[Vector, asyncio.Future[Found]]]](list)
        self._under_way = 0
        self._turns = set[asyncio.Task[None]]()

    async def found(self, key: Key, vector: Vector) -> Found:
        """The answer for this one; what fails, fails for all that went together."""
        if self._under_way >= AT_ONCE:
            answer: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
            self._waiting[key].append((vector, answer))
            return await answer
        self._under_way += 1
        try:
            [alone] = await self._ask(key, [vector])
        finally:
            self._under_way -= 1
            if self._waiting:
                self._under_way += 1
                turn = asyncio.ensure_future(self._work())
                self._turns.add(turn)
                turn.add_done_callback(self._turns.discard)
        return alone

    async def _work(self) -> None:
        """Until nobody waits."""
        try:
            while self._waiting:
                key, waiting = next(iter(self._waiting.items()))
                del self._waiting[key]
                if len(waiting) > TOGETHER:
                    self._waiting[key] = waiting[TOGETHER:]
                await self._together(key, waiting[:TOGETHER])
        finally:
            self._under_way -= 1

    async def _together(
        self, key: Key, asked: Sequence[tuple[Vector, asyncio.Future[Found]]]
    ) -> None:
        try:
            found = await self._ask(key, [vector for vector, _ in asked])
        except Exception as error:  # noqa: BLE001 -- whoever asked gets it
            for _, answer in asked:
                if not answer.done():
                    answer.set_exception(error)
            return
        for (_, answer), each in zip(asked, found, strict=True):
            if not answer.done():
                answer.set_result(each)
