"""Narrate: what changed between two looks becomes events, and releases get their verdict."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from seaway.engine.rollback import again
from seaway.engine.trial import Trial
from seaway.model.instance import Instance, Phase, Traffic
from seaway.model.names import InstanceId
from seaway.model.release import RESTORES, Release
from seaway.plan.steps import Create, Step
from seaway.plan.verdict import given_up, hopeless, in_place, tried
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

LATEST = 5000
"""Events among which the beginning of a trial is looked for."""
WATCHED = "SW551"
"""The event from which on a release is watched."""


class Narrator:
    """Compares each look with the one before and writes down what differs."""

    def __init__(self, ledger: Ledger, clock: Clock, trial: Trial | None = None) -> None:
        self._trial = trial or Trial(ledger, clock)
        self.decided = 0
        """How often something was decided that a plan depends on."""
        self._in_place = 0
        """The release that was last told to be in place."""
        self._watched: tuple[int, datetime] | None = None
        self._late: set[InstanceId] = set()
        """Instances that did not get ready in time."""
        self._ledger = ledger
        self._clock = clock
        self._before: dict[InstanceId, Instance] = {each.id: each for each in ledger.seen()}
        self._judged = 0
        self._given_up: frozenset[str] = frozenset()
        self._postponed: list[_Look] = []

    @property
    def postponed(self) -> bool:
        """Whether there is something to tell."""
        return bool(self._postponed)

    @property
    def behind(self) -> bool:
        """Whether so much has been postponed that it must be told now."""
        return len(self._postponed) >= MOST_POSTPONED

    def postpone(self, release: Release | None, seen: Sequence[Instance]) -> None:
        """Tell of it with the next note."""
        self._postponed.append((self._clock.now(), release, tuple(seen)))

    async def note(self) -> None:
        """Keep what was seen, tell what changed, judge the release. Off the loop: it writes."""
        looks, self._postponed = self._postponed, []
        await asyncio.to_thread(self._note_all, looks)

    def _note_all(self, looks: Sequence[_Look]) -> None:
        """All in one transaction: each look may be of one death among fifty."""
        known, lost, late = self._before, self._given_up, self._late
        told: list[Event] = []
        for at, release, seen in looks:
            told += _changes(known, at, seen)
            late = {each.id for each in seen if each.id in late or _came_late(known, each)}
            known = {each.id: each for each in seen}
            if release is not None:
                given = given_up(release, seen)
                told += [_event(at, "SW534", each) for each in given if each.id not in lost]
                lost = frozenset(each.id for each in given)
        if told or known != self._before:
            self._ledger.see(tuple(known.values()), told)
        self._before, self._given_up, self._late = known, lost, late
        for _, release, seen in looks:
            if release is not None and release.number == self._trial.number:
                self._judge(release, seen)

    def _judge(self, release: Release, seen: Sequence[Instance]) -> None:
        if release.number == self._judged:
            return
        now = self._clock.now()
        if found := self._trial.regression:
            self._fail(release, "SW552", asdict(found))
        elif self._proven(release, seen, now):
            self._ledger.judge(release.number, Verdict.GOOD)
            self._tell_in_place(release, now)
        elif culprit := hopeless(release, seen, self._late if self._trial.before else ()):
            facts = {"workload": culprit.workload, "instance": culprit.id, "reason": culprit.reason}
            self._fail(release, "SW532", facts)
        else:
            return
        self._judged = release.number  # once it is written: somebody waits for it

    def _proven(self, release: Release, seen: Sequence[Instance], now: datetime) -> bool:
        """Whether all is in place, and has been watched for as long as was asked for."""
        if not tried(release, seen, now):
            return False
        whole = in_place(release, seen, now)
        if release.trial and self._trial.watch:
            since = self._watched_since(release.number, now)
            if whole:
                self._tell_in_place(release, now)
            if now < since + self._trial.watch:
                return False
        if release.trial and not whole:
            self.decided += 1
            self._ledger.judge(release.number, Verdict.PASSED)
            self._ledger.tell(Event(at=now, code="SW553", facts={"release": release.number}))
        return whole

    def _watched_since(self, number: int, now: datetime) -> datetime:
        """When the trial began, as the ledger remembers it over a restart of Seaway."""
        if self._watched is None or self._watched[0] != number:
            late = self._ledger.events(self._ledger.last_event() - LATEST)
            told = [each for each in late if each.code == WATCHED]
            begun = [each.at for each in told if each.facts.get("release") == number]
            if not begun:
                facts: dict[str, str | int | float] = {
                    "release": number,
                    "seconds": f"{self._trial.watch.total_seconds():g}",
                }
                self._ledger.tell(Event(at=now, code=WATCHED, facts=facts))
            self._watched = (number, begun[0] if begun else now)
        return self._watched[1]

    def _tell_in_place(self, release: Release, now: datetime) -> None:
        if self._in_place != release.number:
            self._ledger.tell(Event(at=now, code="SW531", facts={"release": release.number}))
            self._in_place = release.number

    def _fail(self, release: Release, code: str, found: Mapping[str, str | int]) -> None:
        """The last good release is wanted again; without one this one goes on trying.

        So does a restored one that fails in its turn: to restore it once more would never end.
        """
        self._ledger.judge(release.number, Verdict.FAILED)
        good = None if release.restores else self._ledger.last_good(release.number)
        facts: dict[str, str | int | float] = {
            "release": release.number, **found, "good": good.number if good else 0,
        }  # fmt: skip
        told = code if good else "SW533"
        self._ledger.tell(Event(at=self._clock.now(), code=told, facts=facts))
        if good is not None:
            self.decided += 1
            self._ledger.record(again(good, self._clock.now(), RESTORES))

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


def _came_late(before: Mapping[InstanceId, Instance], each: Instance) -> bool:
    """Whether it has just been found not to have got ready in time."""
    old = before.get(each.id)
    return each.phase is Phase.SICK and old is not None and old.phase is Phase.STARTING


def _changes(
    before: Mapping[InstanceId, Instance], at: datetime, seen: Sequence[Instance]
) -> Iterator[Event]:  # fmt: skip
    for each in seen:
        old = before.get(each.id)
        if old is each:
            continue
        if old is None or old.phase is not each.phase:
            yield _event(at, PHASE_CODES[each.phase], each)
        if each.traffic in TRAFFIC_CODES and (old is None or old.traffic is not each.traffic):
            yield _event(at, TRAFFIC_CODES[each.traffic], each)


def _event(at: datetime, code: str, each: Instance) -> Event:
    """What was seen at that time, which may be told later."""
    facts: dict[str, str | int | float] = {
        "workload": each.workload, "instance": each.id, "reason": each.reason,
        "seconds": round((at - each.created).total_seconds(), 2), "deaths": each.deaths,
        "pid": each.pid,
    }  # fmt: skip
    return Event(at=at, code=code, facts=facts)
