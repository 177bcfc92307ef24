"""Supervise: look, plan, begin what is possible, pause until something changes."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seaway.engine.narrate import Narrator
from seaway.errors import SeawayError
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.plan.steps import Create, Plan, Step
from seaway.ports.clock import Clock
from seaway.ports.ledger import Ledger
from seaway.ports.target import Target

FIRST_PAUSE = timedelta(seconds=1)
LONGEST_PAUSE = timedelta(seconds=30)
"""After a step that failed by itself; deaths of instances have pauses of their own."""


@dataclass(slots=True)
class Supervisor:
    """Keeps one stack as its ledger wants it, until it wants nothing and nothing is left."""

    stack: Name
    ledger: Ledger
    target: Target
    clock: Clock
    bell: Callable[[], Awaitable[None]]
    """Returns when somebody asked for something."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])
    _making: dict[str, Create] = field(default_factory=dict[str, Create])
    """Those of the running steps that may take long, and need not be ended."""
    _failed: dict[str, tuple[int, datetime]] = field(
        default_factory=dict[str, tuple[int, datetime]]
    )
    """Failures in a row of a step, and not before when it is tried again."""

    async def run(self) -> None:
        """Return when nothing is wanted and nothing is left; cancel it to leave all running."""
        narrator = Narrator(self.ledger, self.clock)
        async with asyncio.TaskGroup() as group:
            listeners = [group.create_task(self._listen(each)) for each in self._sources]
            while not await self._turn(narrator, group):
                pass
            for each in listeners:
                each.cancel()

    @property
    def _sources(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        return (self.bell, self.target.changed)

    async def _listen(self, source: Callable[[], Awaitable[None]]) -> None:
        while True:
            await source()
            self._wake.set()

    async def _turn(self, narrator: Narrator, group: asyncio.TaskGroup) -> bool:
        """One look and what follows from it; True when there is nothing left to do, ever."""
        self._wake.clear()  # before looking: what changes from here on must not be slept through
        wanted = self.ledger.wanted()
        release = wanted or Release(stack=self.stack)
        seen = await self.target.observe()
        now = self.clock.now()
        plan = self.target.plan(release, seen, now)
        self._abandon(release)
        self._begin(plan, release, group, now)
        await narrator.note(wanted, seen)
        if not wanted and not self._running and not any(not each.phase.over for each in seen):
            return not seen
        await self._pause(plan)
        return False

    def _abandon(self, release: Release) -> None:
        """Break off making what nobody wants any more: a build may take half an hour."""
        wanted = {each.digest for each in release.workloads}
        for key, step in self._making.items():
            if step.workload.digest not in wanted:
                self._running[key].cancel()

    def _begin(self, plan: Plan, release: Release, group: asyncio.TaskGroup, now: datetime) -> None:
        for step in plan.steps:
            waits = step.key in self._failed and self._failed[step.key][1] > now
            if step.key not in self._running and not waits:
                task = group.create_task(self._perform(step, release))
                self._running[step.key] = task
                if isinstance(step, Create):
                    self._making[step.key] = step

    async def _perform(self, step: Step, release: Release) -> None:
        """A step that fails is told of and tried again later: supervision goes on."""
        try:
            await self.target.perform(step, release)
            self._failed.pop(step.key, None)
        except SeawayError as error:
            await self._told(step, error.code, error.facts)
        except Exception as error:  # noqa: BLE001 -- the loop's edge: a fault in one step
            await self._told(step, "SW539", {"error": f"{type(error).__name__}: {error}"})
        finally:
            del self._running[step.key]
            self._making.pop(step.key, None)
            self._wake.set()

    async def _told(self, step: Step, code: str, facts: dict[str, object]) -> None:
        count = self._failed.get(step.key, (0, self.clock.now()))[0] + 1
        pause = min(FIRST_PAUSE * (1 << min(count - 1, 8)), LONGEST_PAUSE)
        self._failed[step.key] = (count, self.clock.now() + pause)
        await Narrator.step_failed(self.ledger, self.clock, step, code, facts)

    async def _pause(self, plan: Plan) -> None:
        """Until woken, or until the plan or a failed step says when to look again."""
        now = self.clock.now()
        times = [when for _, when in self._failed.values() if when > now]
        if plan.again_at is not None:
            times.append(plan.again_at)
        if not times:
            await self._wake.wait()
            return
        sleeper = asyncio.ensure_future(self.clock.sleep_until(min(times)))
        waiter = asyncio.ensure_future(self._wake.wait())
        try:
            await asyncio.wait({sleeper, waiter}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleeper.cancel()
            waiter.cancel()
