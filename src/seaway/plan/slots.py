"""Slots: a new instance for an empty one, and the start of what has been made."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from seaway.model.instance import Instance, Phase
from seaway.model.workload import Workload
from seaway.plan.look import Look
from seaway.plan.restart import deaths_under, not_before
from seaway.plan.steps import Create, Start, Step

Found = Step | datetime
"""What a planner yields: something to do now, or when to look again."""


def created(look: Look, workload: Workload, slot: int) -> Iterator[Found]:
    """A new instance for the slot, if the last one there did not die too recently."""
    dead = [
        each for each in look.over(workload.name)
        if each.slot == slot and each.phase is Phase.DEAD and each.digest == workload.digest
    ]  # fmt: skip
    if not dead:
        start = look.release.back and look.startable(workload)  # somebody waits for it
        yield Create(workload=workload, slot=slot, start=start)
        return
    last = replace(dead[-1], deaths=deaths_under(look.release, dead[-1]))
    when = not_before(last, workload, look.seen)
    if when is None:
        return
    set_back = last.since - look.now > workload.restarting.longest  # the clock, maybe by hours
    if when > look.now and not set_back:
        yield when
    else:
        start = look.startable(workload)
        yield Create(workload=workload, slot=slot, deaths=last.deaths, start=start)


def started(look: Look, workload: Workload, live: Sequence[Instance]) -> Iterator[Found]:
    """Those of the wanted kind that are prepared."""
    for each in live:
        fresh = each.digest == workload.digest
        if fresh and each.phase is Phase.PREPARED and look.startable(workload):
            yield Start(instance=each, workload=workload)
