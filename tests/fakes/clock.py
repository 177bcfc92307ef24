"""HandClock: time that passes only when a test turns it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any


class HandClock:
    """Sleepers wake in order of their time; between two of them everything else gets its turn."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = start
        self._sleepers: list[tuple[datetime, asyncio.Event]] = []

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, when: datetime) -> None:
        if when <= self._now:
            await asyncio.sleep(0)
            return
        bell = asyncio.Event()
        self._sleepers.append((when, bell))
        try:
            await bell.wait()
        finally:
            self._sleepers = [each for each in self._sleepers if each[1] is not bell]

    async def turn(self, *, by: timedelta) -> None:
        """Let time pass, stopping at each sleeper on the way."""
        end = self._now + by
        await quiet()
        while due := [each for each in self._sleepers if each[0] <= end and not each[1].is_set()]:
            when, bell = min(due, key=lambda each: each[0])
            self._now = max(when, self._now)
            bell.set()
            await quiet()
        self._now = end
        await quiet()


async def quiet() -> None:
    """Let everything that can go on without time passing go on."""
    for _ in range(40):
        await asyncio.sleep(0)


class AtOnce(ThreadPoolExecutor):
    """Runs what is meant for a thread at once: real time must not matter beside a HandClock."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **named: Any) -> "Future[Any]":
        done: Future[Any] = Future()
        try:
            done.set_result(work(*args, **named))
        except BaseException as error:  # noqa: BLE001 -- handed to whoever waits, as a thread does
            done.set_exception(error)
        return done
