"""Narrate: what changed between two looks becomes events, and releases get their verdict."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from seaway.model.instance import Instance, Phase, Traffic
from seaway.model.release import Release
from seaway.plan.steps import Create, Step
from seaway.plan.verdict import given_up, hopeless, in_place
from seaway.ports.clock import Clock
from seaway.ports.ledger import Event, Ledger, Verdict

PHASE_CODES: Mapping[Phase, str] = {
    Phase.PREPARING: "SW510",
    Phase.PREPARED: "SW511",
    Phase.STARTING: "SW512",
    Phase.READY: "SW513",
    Phase.UNREADY: "SW514",
    Phase.SICK: "SW515",
    Phase.STOPPING: "SW516",
    Phase.DEAD: "SW517",
    Phase.DONE: "SW518",
}
TRAFFIC_CODES: Mapping[Traffic, str] = {
    Traffic.IN: "SW520",
    Traffic.DRAINING: "SW521",
    Traffic.DRAINED: "SW522",
}

MOST_POSTPONED = 5
"""Looks; each is told of in the order in which it was made."""
_Look = tuple[datetime, Release | None, tuple[Instance, ...]]
"""When it was made, what was wanted, what was seen."""

RESTORES = "restores"
"""How the reason of a release begins that brings an older one back."""


class Narrator:
    """Compares each look with the one before and writes down what differs."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock
        self._before: dict[str, Instance] = {each.id: each for each in ledger.seen()}
        self._judged = 0
        self._given_up: frozenset[str] = frozenset()
        self._postponed: list[_Look] = []

    @property
    def behind(self) -> bool:
        """Whether so much has been postponed that it must be told now."""
        return len(self._postponed) >= MOST_POSTPONED

    def postpone(self, release: Release | None, seen: Sequence[Instance]) -> None:
        """Tell of it with the next note: something is to be started at once."""
        self._postponed.append((self._clock.now(), release, tuple(seen)))

    async def note(self, release: Release | None, seen: Sequence[Instance]) -> None:
        """Keep what was seen, tell what changed, judge the release. Off the loop: it writes."""
        self.postpone(release, seen)
        looks, self._postponed = self._postponed, []
        await asyncio.to_thread(self._note_all, looks)

    def _note_all(self, looks: Sequence[_Look]) -> None:
        for each in looks:
            self._note(*each)

    def _note(self, at: datetime, release: Release | None, seen: tuple[Instance, ...]) -> None:
        told = list(self._changes(at, seen))
        now: dict[str, Instance] = {each.id: each for each in seen}
        if now != self._before:
            self._ledger.see(seen)
        self._before = now
        for event in told:
            self._ledger.tell(event)
        if release is not None:
            self._tell_given_up(at, release, seen)
            self._judge(release, seen)

    def _changes(self, at: datetime, seen: Sequence[Instance]) -> Iterator[Event]:
        for each in seen:
            old = self._before.get(each.id)
            if old is None or old.phase is not each.phase:
                yield _event(at, PHASE_CODES[each.phase], each)
            if each.traffic in TRAFFIC_CODES and (old is None or old.traffic is not each.traffic):
                yield _event(at, TRAFFIC_CODES[each.traffic], each)

    def _tell_given_up(self, at: datetime, release: Release, seen: Sequence[Instance]) -> None:
        lost = given_up(release, seen)
        for each in lost:
            if each.id not in self._given_up:
                self._ledger.tell(_event(at, "SW534", each))
        self._given_up = frozenset(each.id for each in lost)

    def _judge(self, release: Release, seen: Sequence[Instance]) -> None:
        if release.number == self._judged:
            return
        now = self._clock.now()
        if in_place(release, seen, now):
            self._ledger.judge(release.number, Verdict.GOOD)
            self._ledger.tell(Event(at=now, code="SW531", facts={"release": release.number}))
            self._judged = release.number  # once it is written: somebody waits for it
        elif culprit := hopeless(release, seen):
            self._fail(release, culprit)
            self._judged = release.number

    def _fail(self, release: Release, culprit: Instance) -> None:
        """The last good release is wanted again; without one this one goes on trying.

        So does a restored one that fails in its turn: to restore it once more would never end.
        """
        self._ledger.judge(release.number, Verdict.FAILED)
        restored = release.why.startswith(RESTORES)
        good = None if restored else self._ledger.last_good(release.number)
        facts: dict[str, str | int | float] = {
            "release": release.number, "workload": culprit.workload, "instance": culprit.id,
            "reason": culprit.reason, "good": good.number if good else 0,
        }  # fmt: skip
        code = "SW532" if good else "SW533"
        self._ledger.tell(Event(at=self._clock.now(), code=code, facts=facts))
        if good is not None:
            again = replace(good, created=self._clock.now(), why=f"{RESTORES} {good.number}")
            self._ledger.record(again)

    @staticmethod
    async def step_failed(
        ledger: Ledger, clock: Clock, step: Step, code: str, facts: Mapping[str, object]
    ) -> None:
        """Tell of a step that did not work; its own code and facts travel along."""
        what = step.workload.name if isinstance(step, Create) else step.instance.id
        told: dict[str, str | int | float] = {
            "step": type(step).__name__.lower(), "instance": what, "code": code,
        }  # fmt: skip
        told.update({key: str(value) for key, value in facts.items()})
        await asyncio.to_thread(ledger.tell, Event(at=clock.now(), code="SW536", facts=told))


def _event(at: datetime, code: str, each: Instance) -> Event:
    """What was seen at that time, which may be told later."""
    facts: dict[str, str | int | float] = {
        "workload": each.workload, "instance": each.id, "reason": each.reason,
        "seconds": round((at - each.created).total_seconds(), 2), "deaths": each.deaths,
        "pid": each.pid,
    }  # fmt: skip
    return Event(at=at, code=code, facts=facts)
