"""Supervise: look, plan, begin what is possible, pause until something changes."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seaway.engine.narrate import Narrator
from seaway.engine.trial import Trial
from seaway.engine.wish import Wish
from seaway.errors import LeaseHeld, SeawayError
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.plan.steps import Create, Forget, Plan, Start, Step
from seaway.ports.alarm import Alarm, unheard
from seaway.ports.clock import Clock
from seaway.ports.ledger import Ledger
from seaway.ports.target import Tails, Target

FIRST_PAUSE = timedelta(seconds=1)
SOON = timedelta(milliseconds=100)
"""For what need not be done before something that is to be back at once."""
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
    alarm: Alarm = unheard
    """Is told what keeps it from its work; the ledger may be just that."""
    mine: Callable[[], bool] = lambda: True
    """Whether the stack is still its own: its state may be another one by now."""
    tails: Tails | None = None
    """Where the ingress tells of requests; without it nothing is measured."""
    wish: Wish = field(default_factory=Wish)
    """Follows what the ledger says."""
    _trial: Trial = field(init=False)
    _known: tuple[Release | None, ...] = ()
    """What the ledger said last, once it has been read."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _running: dict[str, asyncio.Task[None]] = field(default_factory=dict[str, asyncio.Task[None]])
    _making: dict[str, Create] = field(default_factory=dict[str, Create])
    """Those of the running steps that may take long, and need not be ended."""
    _failed: dict[str, tuple[int, datetime]] = field(
        default_factory=dict[str, tuple[int, datetime]]
    )
    """Failures in a row of a step, and not before when it is tried again."""
    _telling: asyncio.Task[None] | None = None
    """Writes down what was seen."""
    _tell_again: datetime | None = None
    """Not before then: it could not be written."""
    _unread: bool = False
    """Whether a turn went by what the ledger had said before."""

    async def run(self) -> None:
        """Return when nothing is wanted and nothing is left; cancel it to leave all running."""
        self._trial = Trial(self.ledger, self.clock, self.tails)
        narrator = Narrator(self.ledger, self.clock, self._trial)
        try:
            async with asyncio.TaskGroup() as group:
                listeners = [group.create_task(self._listen(each)) for each in self._sources]
                while not await self._turned(narrator, group):
                    pass
                for each in listeners:
                    each.cancel()
        finally:
            self._trial.close()

    @property
    def _sources(self) -> tuple[Callable[[], Awaitable[None]], ...]:
        return (self.bell, self.target.changed, self._trial.changed)

    async def _listen(self, source: Callable[[], Awaitable[None]]) -> None:
        while True:
            await source()
            self._wake.set()

    async def _turned(self, narrator: Narrator, group: asyncio.TaskGroup) -> bool:
        """A turn that fails is told of and made again: what runs is never left to itself."""
        if not self.mine():
            raise LeaseHeld("SW547", stack=self.stack)
        try:
            return await self._turn(narrator, group)
        except Exception as error:  # noqa: BLE001 -- the loop's edge
            self.alarm(*_as_trouble(error))
        await self.clock.sleep_until(self.clock.now() + FIRST_PAUSE)
        return False

    async def _turn(self, narrator: Narrator, group: asyncio.TaskGroup) -> bool:
        """One look and what follows from it; True when there is nothing left to do, ever."""
        self._wake.clear()  # before looking: what changes from here on must not be slept through
        wanted = self._wish()
        release = wanted or Release(stack=self.stack)
        seen = await self.target.observe()
        now = self.clock.now()
        plan = self.target.plan(release, seen, now)
        self._abandon(release)
        self._trial.look(release, seen)
        hurried = self._begin(plan, release, group, now)
        narrator.postpone(wanted, seen)
        if not wanted and not self._running and not seen:
            await self._tell_the_rest(narrator)
            return True
        again = now + SOON if hurried and not narrator.behind else self._tell(narrator, group, now)
        await self._pause(plan, again)
        return False

    def _wish(self) -> Release | None:
        """What is wanted; where the ledger cannot be read just now, what it said last.

        While it is being written it would keep us waiting: then it is read afterwards. But not
        twice in a row: each turn writes, and a turn may take longer than that.
        """
        self._unread = bool(self._telling and self._known) and not self._unread
        if self._unread:
            return self._known[0]
        try:
            self._known = (self.ledger.wanted(),)
            self.wish.become(self._known[0])
        except OSError as error:
            if not self._known:
                raise
            self.alarm(*_as_trouble(error))
        return self._known[0]

    def _tell(
        self, narrator: Narrator, group: asyncio.TaskGroup, now: datetime
    ) -> datetime | None:  # fmt: skip
        """Begin to write down what was seen; nobody who has died meanwhile waits for that.

        Return when it can be tried again, where it could not be done.
        """
        if self._tell_again and self._tell_again > now:
            return self._tell_again
        self._tell_again = None
        if self._telling is None:
            self._telling = group.create_task(self._note(narrator))
        return None

    async def _note(self, narrator: Narrator) -> None:
        """All else goes on where it cannot be written."""
        decided = narrator.decided
        try:
            while narrator.postponed:
                await narrator.note()
        except Exception as error:  # noqa: BLE001 -- the loop's edge
            self.alarm(*_as_trouble(error))
            self._tell_again = self.clock.now() + FIRST_PAUSE
        finally:
            self._telling = None
        if narrator.decided != decided or self._tell_again or self._unread:
            self._wake.set()  # another plan may hold from now on

    async def _tell_the_rest(self, narrator: Narrator) -> None:
        """Return when all that was seen is written down, or cannot be."""
        if self._telling:
            await asyncio.wait({self._telling})
        await self._note(narrator)

    def _abandon(self, release: Release) -> None:
        """Break off making what nobody wants any more: a build may take half an hour."""
        wanted = {each.digest for each in release.workloads}
        for key, step in self._making.items():
            if step.workload.digest not in wanted:
                self._running[key].cancel()

    def _begin(self, plan: Plan, release: Release, group: asyncio.TaskGroup, now: datetime) -> bool:
        """Begin what is not under way; tell whether something is to be there at once."""
        starting, hurried = self._starting(plan), False
        for step in plan.steps:
            waits = step.key in self._failed and self._is_ahead(self._failed[step.key][1], now)
            waits = waits or (starting and isinstance(step, Forget))
            if step.key not in self._running and not waits:
                task = group.create_task(self._perform(step, release))
                self._running[step.key] = task
                hurried = hurried or isinstance(step, Create | Start)
                if isinstance(step, Create):
                    self._making[step.key] = step
        return hurried

    @staticmethod
    def _is_ahead(when: datetime, now: datetime) -> bool:
        """Whether a pause is not over; one that seems longer than any has lost its clock."""
        return now < when <= now + LONGEST_PAUSE

    def _starting(self, plan: Plan) -> bool:
        """Whether something is to be back at once: what only tidies up has time until then."""
        begun = any(key.startswith("start ") for key in self._running)
        return begun or any(map(_starts, (*plan.steps, *self._making.values())))

    async def _perform(self, step: Step, release: Release) -> None:
        """A step that fails is told of and tried again later: supervision goes on."""
        told = False
        try:
            await self.target.perform(step, release)
            told = bool(release.workloads)  # by the target; else the last look is waited for
            self._failed.pop(step.key, None)
        except Exception as error:  # noqa: BLE001 -- the loop's edge: a fault in one step
            await self._told(step, *_as_trouble(error))
        finally:
            del self._running[step.key]
            self._making.pop(step.key, None)
            if not told:
                self._wake.set()

    async def _told(self, step: Step, code: str, facts: dict[str, object]) -> None:
        count = self._failed.get(step.key, (0, self.clock.now()))[0] + 1
        pause = min(FIRST_PAUSE * (1 << min(count - 1, 8)), LONGEST_PAUSE)
        self._failed[step.key] = (count, self.clock.now() + pause)
        self.alarm(code, facts)
        with suppress(OSError):  # the alarm has been heard
            await Narrator.step_failed(self.ledger, self.clock, step, code, facts)

    async def _pause(self, plan: Plan, again: datetime | None) -> None:
        """Until woken, or until the plan or a failed step says when to look again, or `again`."""
        now = self.clock.now()
        times = [when for _, when in self._failed.values() if self._is_ahead(when, now)]
        if again is not None:
            times.append(again)
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


def _starts(step: Step) -> bool:
    """Whether a program is executed by it."""
    return isinstance(step, Start) or (isinstance(step, Create) and step.start)


def _as_trouble(error: Exception) -> tuple[str, dict[str, object]]:
    """Code and facts: what the system refused is not a fault of ours."""
    if isinstance(error, SeawayError):
        return error.code, error.facts
    if isinstance(error, OSError) and error.errno:
        return "SW540", {"path": error.filename or "?", "problem": error.strerror}
    return "SW539", {"error": f"{type(error).__name__}: {error}"}
