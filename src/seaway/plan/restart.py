"""Restart: when something that died may be tried again (R138, S7)."""

from collections.abc import Iterable
from datetime import datetime

from seaway.model.instance import Instance, Phase
from seaway.model.release import Release
from seaway.model.workload import Workload


def not_before(dead: Instance, workload: Workload, seen: Iterable[Instance]) -> datetime | None:
    """The first death is mended at once, each further one after twice the pause before.

    None when it died too often in a row. What it uses becoming ready again starts afresh: a cause
    that has gone must not be waited for.
    """
    if _cause_mended(dead, workload, seen):
        return dead.since
    if dead.deaths >= workload.restarting.tries:
        return None
    if dead.deaths <= 1:
        return dead.since
    doublings = min(dead.deaths - 2, 16)
    pause = min(workload.restarting.first * (1 << doublings), workload.restarting.longest)
    return dead.since + pause


def deaths_in_a_row(before: int, lived: float, workload: Workload) -> int:
    """Deaths in a row after one more; `lived` seconds long enough start a new row."""
    return 1 if lived >= workload.restarting.stable.total_seconds() else before + 1


def deaths_under(release: Release, each: Instance) -> int:
    """Its deaths in a row, as far as they say something about a release.

    Whoever asks anew has mended a cause, or lost the power: what was made before died of that.
    """
    return each.deaths if each.release == release.number else 0


def _cause_mended(dead: Instance, workload: Workload, seen: Iterable[Instance]) -> bool:
    return bool(workload.uses) and any(
        each.phase is Phase.READY and each.workload in workload.uses and each.since > dead.since
        for each in seen
    )
