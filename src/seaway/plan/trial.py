"""Trial: what of a release is to be judged, and for how long it is watched."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from seaway.model.release import Release
from seaway.model.workload import Role, Workload

NONE = timedelta(0)


def watched(release: Release, before: Release | None) -> tuple[Workload, ...]:
    """Services that are new in it and are to be watched; none where there is no way back.

    A restart makes new copies of what has been judged.
    """
    if before is None or release.back:
        return ()
    return tuple(_changed(release, before))


def watch(release: Release, before: Release | None) -> timedelta:
    """How long it is on trial once it serves."""
    return max((each.rollout.watch for each in watched(release, before)), default=NONE)


def _changed(release: Release, before: Release) -> Iterator[Workload]:
    for each in release.workloads:
        old = before.find(each.name)
        new = old is None or replace(old, revision=0).digest != replace(each, revision=0).digest
        if each.role is Role.SERVICE and new and each.rollout.watch > NONE:
            yield each
