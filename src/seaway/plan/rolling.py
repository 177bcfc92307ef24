"""Rolling: new instances one after the other, an old one leaves when a new one serves.

Level-triggered: a plan holds the steps that are possible now, nothing of what comes after. Whoever
performs them looks again; so it does not matter where the last one was interrupted.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import assert_never

from seaway.model.instance import Instance, Phase
from seaway.model.release import Release
from seaway.model.standing import Leads
from seaway.model.workload import Role, Workload
from seaway.plan import bluegreen, canary
from seaway.plan.leading import aimed, led
from seaway.plan.leaving import forgotten, leave, unwanted
from seaway.plan.look import Look
from seaway.plan.members import members
from seaway.plan.slots import Found, created, started
from seaway.plan.steps import Create, Plan, Stop
from seaway.plan.times import next_time
from seaway.plan.traffic import configured, traffic

SURGE = 1
"""So many more than wanted may run during a rolling update; all of them on the way back."""


def rolling(
    release: Release, seen: Sequence[Instance], now: datetime, leads: Leads | None = None
) -> Plan:  # fmt: skip
    """What can be done now to come nearer to the release. The same input gives the same plan."""
    look = Look(release, seen, now, leads or {})
    found = list(_found(look))
    times = [each for each in found if isinstance(each, datetime)]
    return Plan(
        steps=tuple(each for each in found if not isinstance(each, datetime)),
        again_at=min(times, default=None),
    )


def _found(look: Look) -> Iterator[Found]:
    for workload in look.release.workloads:
        yield from _kept(look, workload)
        yield from _sick(look, workload)
        yield from forgotten(look, workload)
    yield from unwanted(look)


def _kept(look: Look, workload: Workload) -> Iterator[Found]:
    match workload.role:
        case Role.SERVICE:
            yield from _service(look, workload)
        case Role.STORE | Role.GATE:
            yield from _store(look, workload)
        case Role.PROXY:
            yield from _single(look, workload)
            yield from configured(look, workload)
        case Role.JOB:
            if not look.satisfied(workload.name):
                yield from _single(look, workload)
        case Role.SCHEDULE:
            yield from _scheduled(look, workload)
        case _:
            assert_never(workload.role)


def _service(look: Look, workload: Workload) -> Iterator[Found]:
    """By its strategy while the release is on trial; else, and afterwards, one by one."""
    if bluegreen.on_trial(look, workload):
        yield from _beside(look, workload, workload.replicas)
        yield from bluegreen.changed_over(look, workload)
    elif canary.on_trial(look, workload):
        yield from _beside(look, workload, canary.copies(workload))
        yield from canary.shared(look, workload)
    else:
        yield from _one_by_one(look, workload)


def _beside(look: Look, workload: Workload, copies: int) -> Iterator[Found]:
    """So many new ones, however many old ones there are."""
    fresh = [each for each in look.live(workload.name) if each.digest == workload.digest]
    taken = {each.slot for each in fresh}
    for slot in range(copies):
        if slot not in taken:
            yield from created(look, workload, slot)
    yield from started(look, workload, fresh)


def _one_by_one(look: Look, workload: Workload) -> Iterator[Found]:
    """Start what is missing within the surge, let go what is too much."""
    live = look.live(workload.name)
    fresh = [each for each in live if each.digest == workload.digest]
    staying = [
        each for each in live if each.drain_started is None and each.phase is not Phase.STOPPING
    ]
    surge = workload.replicas if look.release.back else SURGE  # who goes back is in a hurry
    room = workload.replicas + surge - len(staying)
    if len(fresh) == len(live):
        room = workload.replicas
    taken = {each.slot for each in fresh}
    empty = [slot for slot in range(workload.replicas) if slot not in taken]
    for slot in empty[: max(room, 0)]:
        yield from created(look, workload, slot)
    yield from started(look, workload, fresh)
    yield from traffic(look, workload)
    yield from leave(look, workload)


def _store(look: Look, workload: Workload) -> Iterator[Found]:
    """Members that are told who leads, members that see to that themselves, or but one."""
    if workload.role is Role.GATE:
        yield from _single(look, workload)
        yield from aimed(look, workload)
    elif workload.following or workload.name in look.leads:
        yield from led(look, workload)
    elif workload.replicas > 1:
        yield from members(look, workload)
    else:
        yield from _single(look, workload)


def _single(look: Look, workload: Workload) -> Iterator[Found]:
    """One instance; an old one is gone before a new one is made, for they would share data."""
    live = look.live(workload.name)
    stale = [each for each in live if each.digest != workload.digest]
    for each in stale:
        if each.phase is not Phase.STOPPING:
            yield Stop(instance=each, why="replaced by a new release")
    if not live:
        yield from created(look, workload, 0)
    yield from started(look, workload, live)


def _scheduled(look: Look, workload: Workload) -> Iterator[Found]:
    """Run when the time has come, but never twice at once."""
    mine = look.of(workload.name)
    live = look.live(workload.name)
    last = max((each.created for each in mine), default=look.release.created or look.now)
    due = next_time(workload.schedule, workload.zone, last)
    if due > look.now:
        yield due
    elif not live:
        yield Create(workload=workload, slot=0)
    yield from started(look, workload, live)


def _sick(look: Look, workload: Workload) -> Iterator[Found]:
    for each in look.live(workload.name):
        if each.phase is Phase.SICK:
            yield Stop(instance=each, why=each.reason, failed=True)
