"""Failover: another member of a store leads from now on, because somebody wants it so."""

from collections.abc import Sequence
from dataclasses import replace

from seaway.errors import UsageError
from seaway.model.instance import Instance, Phase
from seaway.model.release import Release
from seaway.model.standing import Handover, Standing


def handed_over(release: Release, seen: Sequence[Instance], name: str, to: str = "") -> Release:
    """The release in which that member leads the store; without one, the standby that is there.

    Raises:
        UsageError: there is no such store or member, or none that could lead now.
    """
    workload = release.find(name)
    if workload is None:
        known = ", ".join(each.name for each in release.workloads)
        raise UsageError("SW502", name=name, known=known)
    if workload.following is None:
        raise UsageError("SW597", name=name)
    able = [each for each in seen if each.workload == name and _able(each)]
    chosen = [each for each in able if to in {each.id, ""}]
    if not chosen:
        known = ", ".join(each.id for each in able) or "-"
        raise UsageError("SW598", name=to or name, known=known)
    said = chosen[0].said
    epoch = said.post.epoch if isinstance(said, Standing) and said.post else 0
    wish = Handover(slot=chosen[0].slot, epoch=epoch)
    following = replace(workload.following, handover=wish)
    release = release.with_workload(replace(workload, following=following))
    return replace(release, why=f"failover {name} {chosen[0].id}")


def without_handovers(release: Release) -> Release:
    """Who leads is decided anew: wishes of before were about data that is there no more."""
    for each in release.workloads:
        if each.following and each.following.handover:
            following = replace(each.following, handover=None)
            release = release.with_workload(replace(each, following=following))
    return release


def _able(each: Instance) -> bool:
    """Whether it follows, and is not far behind."""
    said = each.said
    return each.phase is Phase.READY and isinstance(said, Standing) and said.abreast
