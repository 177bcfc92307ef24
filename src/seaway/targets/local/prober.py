"""Prober: asks running instances whether they are ready and alive, as long as Seaway keeps them."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

from seaway.model.instance import Phase
from seaway.model.names import InstanceId
from seaway.model.probe import STARTUP_PAUSE, Checks, Probe
from seaway.ports.clock import Clock
from seaway.targets.local.marks import Health, read_health, write_health
from seaway.targets.local.record import Record

QUIET = timedelta(seconds=1)
"""A program without a ready probe counts as ready when it has lived this long."""
FIRST_LOOK = timedelta(seconds=2)
"""Longest time that an observation waits for a first answer."""
FRESH = timedelta(seconds=1)
"""What has just been started is starting: there is nothing to wait for."""
RECOVERY = timedelta(seconds=1)
"""Longest pause between questions to one that was ready and fails now."""
SETTLE_PAUSES = (0.1, 0.2, 0.5, 1.0, 2.0)
"""Seconds between tries to settle a part; the last repeats."""

Ask = Callable[[Record, Probe, timedelta], Awaitable[str]]
"""Empty for a yes, else the reason."""
Settle = Callable[[Record], Awaitable[str]]


@dataclass(slots=True)
class Watched:
    """One running instance. Only its own task changes it."""

    record: Record
    folder: Path
    started: datetime
    health: Health
    checks: Checks
    task: asyncio.Task[None] | None = None
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set by the first answer."""


class Prober:
    """One task for each running instance.

    Until the first success the ready probe is asked without pause, for `checks.start` at most; then
    both probes by their figures. What was found is written down beside the instance, so that the
    next Seaway goes on from there.
    """

    def __init__(self, clock: Clock, ask: Ask, settle: Settle, changed: Callable[[], None]) -> None:
        self._clock, self._ask, self._settle, self._changed = clock, ask, settle, changed
        self._watched: dict[InstanceId, Watched] = {}

    def watch(self, record: Record, folder: Path, started: datetime) -> Watched:
        """Begin with an instance, or return what is known of it."""
        if watched := self._watched.get(record.id):
            _raise_failure(watched.task)
            return watched
        health = read_health(folder) or Health(phase=Phase.STARTING, since=started)
        watched = Watched(record, folder, started, health, record.workload.checks)
        watched.task = asyncio.create_task(self._run(watched), name=f"probe {record.id}")
        self._watched[record.id] = watched
        return watched

    def follow(self, name: InstanceId, checks: Checks) -> None:
        """Use other figures from the next question on: they change without a new instance."""
        if watched := self._watched.get(name):
            watched.checks = checks

    def leave(self, name: InstanceId) -> None:
        """Ask it no more."""
        watched = self._watched.pop(name, None)
        if watched and watched.task:
            watched.task.cancel()

    async def close(self) -> None:
        """Ask nobody any more; return when no task is left."""
        tasks = [watched.task for watched in self._watched.values() if watched.task]
        self._watched.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def first_answers(self) -> None:
        """Wait until each that another Seaway started has been asked, for `FIRST_LOOK` at most."""
        now = self._clock.now()
        waiting = [
            each.asked.wait() for each in self._watched.values()
            if not each.asked.is_set() and now - each.started > FRESH
        ]  # fmt: skip
        if waiting:
            tasks = [asyncio.create_task(each) for each in waiting]
            _, late = await asyncio.wait(tasks, timeout=FIRST_LOOK.total_seconds())
            for task in late:
                task.cancel()

    async def _run(self, watched: Watched) -> None:
        try:
            if watched.health.phase is Phase.STARTING:
                await self._until_ready(watched)
            if watched.checks.ready or watched.checks.live:  # with others it would be replaced
                await self._while_alive(watched)
        finally:
            watched.asked.set()

    async def _until_ready(self, watched: Watched) -> None:
        tries = 0
        while True:
            reason = await self._ask_start(watched)
            pause = STARTUP_PAUSE.total_seconds() if watched.checks.ready else self._quiet(watched)
            if not reason:
                reason = await self._settle(watched.record)
                pause = SETTLE_PAUSES[min(tries, len(SETTLE_PAUSES) - 1)]
                tries += 1
            if not reason:
                self._found(watched, Phase.READY, "")
                return
            if self._clock.now() - watched.started > watched.checks.start:
                limit = f"{watched.checks.start.total_seconds():g} s"
                self._found(watched, Phase.SICK, f"not ready after {limit}: {reason}")
                return
            if watched.checks.ready and not watched.health.reason:
                self._changed()  # people want to see why they wait
            watched.health = replace(watched.health, reason=reason)
            watched.asked.set()
            await asyncio.sleep(pause)

    async def _ask_start(self, watched: Watched) -> str:
        if watched.checks.ready:
            return await self._ask(watched.record, watched.checks.ready, watched.checks.timeout)
        return "just started" if self._quiet(watched) > 0 else ""

    def _quiet(self, watched: Watched) -> float:
        """Seconds that it still has to live to count as ready."""
        return max((watched.started + QUIET - self._clock.now()).total_seconds(), 0)

    async def _while_alive(self, watched: Watched) -> None:
        ready_failures = live_failures = 0
        while watched.health.phase is not Phase.SICK:
            if watched.asked.is_set():
                failing = 0 < ready_failures < watched.checks.failures
                await asyncio.sleep(_pause(watched, failing=failing).total_seconds())
            ready, live = await self._ask_both(watched)
            ready_failures = ready_failures + 1 if ready else 0
            live_failures = live_failures + 1 if live else 0
            if live_failures >= watched.checks.live_failures:
                self._found(watched, Phase.SICK, f"live check failed: {live}")
            elif ready_failures >= watched.checks.failures:
                self._found(watched, Phase.UNREADY, ready)
            elif not ready:
                self._found(watched, Phase.READY, "")
            watched.asked.set()

    async def _ask_both(self, watched: Watched) -> tuple[str, str]:
        """The same question is asked once."""
        checks, record = watched.checks, watched.record
        if checks.ready == checks.live or not checks.live:
            ready = await self._ask(record, checks.ready, checks.timeout) if checks.ready else ""
            return ready, ready if checks.live else ""
        if not checks.ready:
            return "", await self._ask(record, checks.live, checks.timeout)
        ready, live = await asyncio.gather(
            self._ask(record, checks.ready, checks.timeout),
            self._ask(record, checks.live, checks.timeout),
        )
        return ready, live

    def _found(self, watched: Watched, phase: Phase, reason: str) -> None:
        """Keep a phase; a new one is told."""
        if watched.health.phase is phase:
            watched.health = replace(watched.health, reason=reason)
            return
        watched.health = Health(phase=phase, since=self._clock.now(), reason=reason)
        with suppress(OSError):  # the next Seaway asks again
            write_health(watched.folder, watched.health)
        watched.asked.set()
        self._changed()


def _pause(watched: Watched, *, failing: bool) -> timedelta:
    if failing and watched.checks.again:
        return watched.checks.again
    if watched.health.phase is Phase.UNREADY:
        return min(watched.checks.every, RECOVERY)
    return watched.checks.every


def _raise_failure(task: asyncio.Task[None] | None) -> None:
    """A fault in the prober itself must not pass for an instance that never gets ready."""
    if task and task.done() and not task.cancelled():
        task.result()
