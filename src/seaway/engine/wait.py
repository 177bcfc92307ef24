"""Wait: until a release is in place, some of it is ready, or nothing is left."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from seaway.errors import AwaitedFailed, NothingRunning, ReleaseFailed, SeawayError, WaitTimedOut
from seaway.model.release import Release
from seaway.plan.look import Look
from seaway.plan.verdict import given_up, settled
from seaway.ports.clock import Clock
from seaway.ports.ledger import Event, Ledger, Verdict

PAUSE = timedelta(milliseconds=20)
"""Between two looks into the ledger, which another process writes."""

IN_PLACE, HOPELESS = "SW531", "SW533"
UNDONE = frozenset({"SW532", "SW552"})
VERDICTS = frozenset({IN_PLACE, HOPELESS, *UNDONE})


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How to wait: by which clock, until when, and whether anybody still works on it."""

    clock: Clock
    alive: Callable[[], bool]
    """Whether a supervisor holds the lease."""
    deadline: datetime | None = None
    watch: Callable[[Sequence[Event]], None] = lambda _: None
    """Is shown new events as they come."""

    async def pause(self, what: str) -> None:
        """A moment.

        Raises:
            WaitTimedOut: the deadline has passed.
        """
        now = self.clock.now()
        if self.deadline is not None and now >= self.deadline:
            raise WaitTimedOut("SW506", what=what)
        await self.clock.sleep_until(now + PAUSE)


async def until_in_place(ledger: Ledger, number: int, after: int, patience: Patience) -> None:
    """Return when release `number` was judged good; `after` is the last event before it was asked.

    When somebody asks for another release meanwhile, that one counts: this one is never judged.

    Raises:
        ReleaseFailed: it will never be in place; the one before is being restored.
        SeawayError: it will never be in place and there is none before, or no supervisor lives.
        WaitTimedOut: it took too long.
    """
    told: dict[object, Event] = {}
    while True:
        alive = patience.alive()  # before reading: its last words must not be missed
        events = ledger.events(after)
        after = events[-1].number if events else after
        patience.watch(events)
        told |= {each.facts.get("release"): each for each in events if each.code in VERDICTS}
        if events and number not in told:
            number = max(number, _asked_since(ledger))
        if verdict := told.get(number):
            if verdict.code == IN_PLACE:
                return
            raise _failed(verdict)
        if not alive:
            raise SeawayError("SW505")
        await patience.pause(f"release {number}")


async def until_judged(ledger: Ledger, number: int, after: int, patience: Patience) -> None:
    """Return when release `number` is good, its trial included, or somebody asked for another.

    Raises:
        ReleaseFailed: it failed; the one before is being restored.
        SeawayError: it failed and there is none before, or no supervisor lives.
        WaitTimedOut: it took too long.
    """
    while True:
        alive, verdict = patience.alive(), ledger.verdict(number)  # before reading its last words
        events = ledger.events(after)
        after = events[-1].number if events else after
        patience.watch(events)
        for each in events:
            if each.code in UNDONE | {HOPELESS} and each.facts.get("release") == number:
                raise _failed(each)
        if verdict in {Verdict.GOOD, Verdict.REPLACED, None}:
            return
        if not alive:
            raise SeawayError("SW505")
        await patience.pause(f"release {number}")


def _asked_since(ledger: Ledger) -> int:
    """The release that is wanted now; 0 where it only brings an older one back."""
    wanted = ledger.wanted()
    return 0 if wanted is None or wanted.restores else wanted.number


def _failed(event: Event) -> SeawayError:
    kind = ReleaseFailed if event.code in UNDONE else SeawayError
    return kind(event.code, **event.facts)


async def until_gone(
    ledger: Ledger, after: int, patience: Patience, left: Callable[[], Awaitable[bool]]
) -> None:  # fmt: skip
    """Return when the supervisor has ended, everything being stopped.

    `left` looks whether something runs: on a full disk the ledger may not have been told.

    Raises:
        SeawayError: it ended before everything was stopped.
        WaitTimedOut: it took too long.
    """
    while True:
        alive = patience.alive()
        events = ledger.events(after)
        after = events[-1].number if events else after
        patience.watch(events)
        if not alive:
            if any(not each.phase.over for each in ledger.seen()) and await left():
                raise SeawayError("SW507")
            return
        await patience.pause("down")


async def until_ready(ledger: Ledger, names: Sequence[str], patience: Patience) -> None:
    """Return when those workloads, or all without names, are as the release wants them.

    Raises:
        NothingRunning: nothing is wanted.
        AwaitedFailed: one of them was given up.
        WaitTimedOut: it took too long.
    """
    while True:
        release = ledger.wanted()
        if release is None or not patience.alive():
            raise NothingRunning("SW508")
        missing = _missing(release, ledger, names, patience.clock.now())
        if not missing:
            return
        lost = [each for each in given_up(release, ledger.seen()) if each.workload in missing]
        if lost:
            raise AwaitedFailed("SW509", workload=lost[0].workload, reason=lost[0].reason)
        await patience.pause(", ".join(missing))


def _missing(
    release: Release, ledger: Ledger, names: Sequence[str], now: datetime
) -> tuple[str, ...]:
    look = Look(release, ledger.seen(), now)
    return tuple(
        each.name for each in release.workloads
        if (not names or each.name in names) and not settled(look, each)
    )  # fmt: skip
