"""Leaving: which instances may go, in which order, and how gently."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from seaway.model.instance import Instance, Phase, Traffic
from seaway.model.workload import Role, Workload
from seaway.plan.look import Look
from seaway.plan.steps import Drain, Forget, Step, Stop

DRAIN_OF_REMOVED = timedelta(seconds=30)
"""For an instance whose workload the release no longer names."""


def leave(look: Look, workload: Workload) -> Iterator[Step | datetime]:
    """Let go old and surplus instances while enough others serve."""
    live = [each for each in look.live(workload.name) if each.phase is not Phase.STOPPING]
    if not (leavers := _leavers(live, workload)):
        return
    spare = sum(look.available(workload, each) for each in live) - workload.replicas
    for each in leavers:
        if each.drain_started is not None or not look.available(workload, each):
            free = each.drain_started is not None or spare >= 0 or _useless(each)
        else:
            free = spare > 0
            spare -= free
        if free:
            yield from _out(look, each, workload.rollout.drain)


def _leavers(live: list[Instance], workload: Workload) -> list[Instance]:
    """Old ones first, then those beyond the number wanted; of each the oldest first."""
    old = [each for each in live if each.digest != workload.digest]
    surplus = [
        each for each in live
        if each.digest == workload.digest and each.slot >= workload.replicas
    ]  # fmt: skip
    return old + surplus


def _useless(instance: Instance) -> bool:
    """Nothing is lost with it: it never served."""
    return instance.phase in {Phase.PREPARED, Phase.STARTING}


def _out(look: Look, each: Instance, drain: timedelta) -> Iterator[Step | datetime]:
    """Out of the proxy, then wait for what it has in hand, then stop."""
    if each.phase is Phase.PREPARING:
        return
    if each.traffic is Traffic.IN and look.proxy_ready:
        yield Drain(instance=each)
        return
    deadline = each.drain_started + drain if each.drain_started else look.now
    if each.traffic is Traffic.DRAINING and look.now < deadline:
        yield deadline
        return
    yield Stop(instance=each, why="no longer needed")


def unwanted(look: Look) -> Iterator[Step | datetime]:
    """Instances of workloads that the release does not name, users before what they use."""
    wanted = {each.name for each in look.release.workloads}
    left = [each for each in look.seen if each.workload not in wanted]
    for each in left:
        if each.phase.over:
            yield Forget(instance=each)
        elif each.phase not in {Phase.STOPPING, Phase.PREPARING} and not _still_used(look, each):
            yield from _out(look, each, DRAIN_OF_REMOVED)


def _still_used(look: Look, instance: Instance) -> bool:
    return any(
        instance.workload in other.uses for other in look.seen
        if not other.phase.over and other.workload != instance.workload
    )  # fmt: skip


def forgotten(look: Look, workload: Workload) -> Iterator[Step]:
    """Records of the past that no question needs any more."""
    if not (over := look.over(workload.name)):
        return
    kept = _kept_records(look, workload)
    for each in over:
        if each.id not in kept:
            yield Forget(instance=each)


def _kept_records(look: Look, workload: Workload) -> frozenset[str]:
    """The last run of a job; the last death in each slot until somebody has taken the slot."""
    over = [each for each in look.over(workload.name) if each.digest == workload.digest]
    if workload.role is Role.SCHEDULE:
        over = list(look.over(workload.name))
    if workload.role in {Role.JOB, Role.SCHEDULE}:
        return frozenset(each.id for each in over[-1:])
    taken = {each.slot for each in look.live(workload.name) if each.digest == workload.digest}
    dead = {
        each.slot: each.id for each in over
        if each.phase is Phase.DEAD and each.slot not in taken and each.slot < workload.replicas
    }  # fmt: skip
    return frozenset(dead.values())
