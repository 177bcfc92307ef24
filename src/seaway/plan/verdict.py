"""Verdict: whether a release is in place, on its way, or will never get there."""

from collections.abc import Container, Sequence
from datetime import datetime

from seaway.model.instance import Instance, Phase
from seaway.model.release import Release, routing_digest
from seaway.model.workload import Role, Workload
from seaway.plan import bluegreen, canary
from seaway.plan.leading import standing
from seaway.plan.look import Look
from seaway.plan.restart import deaths_under

DEATHS_ON_TRIAL = 3
"""An instance of a release on trial that died so often in a row will not get better."""


def in_place(release: Release, seen: Sequence[Instance], now: datetime) -> bool:
    """Whether all that is wanted serves, and nothing that is not wanted runs."""
    look = Look(release, seen, now)
    wanted = {each.name for each in release.workloads}
    if any(not each.phase.over and each.workload not in wanted for each in seen):
        return False
    return all(settled(look, each) for each in release.workloads)


def tried(release: Release, seen: Sequence[Instance], now: datetime) -> bool:
    """Whether as much serves as is to be judged: of a canary a few, of the others all."""
    look = Look(release, seen, now)
    wanted = {each.name for each in release.workloads}
    if any(not each.phase.over and each.workload not in wanted for each in seen):
        return False
    return all(_tried(look, each) for each in release.workloads)


def _tried(look: Look, workload: Workload) -> bool:
    if workload.role is Role.SERVICE and bluegreen.on_trial(look, workload):
        return bluegreen.served(look, workload)
    if workload.role is Role.SERVICE and canary.on_trial(look, workload):
        return canary.served(look, workload)
    return settled(look, workload)


def settled(look: Look, workload: Workload) -> bool:
    """Whether this workload is as the release wants it."""
    live = look.live(workload.name)
    match workload.role:
        case Role.SCHEDULE:
            return True
        case Role.JOB:
            return look.satisfied(workload.name)
        case Role.PROXY:
            wanted = routing_digest(look.release.routing)
            return (
                len(live) == 1 and _fresh_and_ready(live[0], workload) and live[0].config == wanted
            )
        case Role.STORE | Role.GATE:
            fresh = [each for each in live if _fresh_and_ready(each, workload)]
            handing = any(_to_be_replaced(each, workload) for each in live)
            return len(fresh) == len(live) == workload.replicas and not handing
        case Role.SERVICE:
            if look.release.back:  # what the failed one has left serves nobody any more
                live = tuple(each for each in live if each.phase is not Phase.STOPPING)
            serving = [each for each in live if _serves(look, each, workload)]
            return len(serving) == len(live) == workload.replicas


def _to_be_replaced(instance: Instance, workload: Workload) -> bool:
    """Whether it leads, and another is wanted to."""
    wish, said = workload.following and workload.following.handover, standing(instance)
    if not wish or not said or not said.leads:
        return False
    return said.post is not None and said.post.epoch == wish.epoch


def _fresh_and_ready(instance: Instance, workload: Workload) -> bool:
    return instance.digest == workload.digest and instance.phase is Phase.READY


def _serves(look: Look, instance: Instance, workload: Workload) -> bool:
    return instance.digest == workload.digest and look.available(workload, instance)


def hopeless(
    release: Release, seen: Sequence[Instance], late: Container[str] = ()
) -> Instance | None:  # fmt: skip
    """The instance that shows that a release on trial will never be in place, or None.

    `late` are those that had their time to get ready: another try would take as long again.
    """
    for workload in release.workloads:
        tries = min(DEATHS_ON_TRIAL, workload.restarting.tries)
        for each in seen:
            mine = each.workload == workload.name and each.digest == workload.digest
            if mine and each.phase is Phase.DEAD and deaths_under(release, each) >= tries:
                return each
            if mine and each.id in late:
                return each
    return None


def given_up(release: Release, seen: Sequence[Instance]) -> tuple[Instance, ...]:
    """Those that died too often in a row and are not tried again by themselves (R138)."""
    tries = {each.name: (each.restarting.tries, each.digest) for each in release.workloads}
    return tuple(
        each for each in seen
        if each.phase is Phase.DEAD and each.workload in tries
        and deaths_under(release, each) >= tries[each.workload][0]
        and each.digest == tries[each.workload][1]
    )  # fmt: skip
