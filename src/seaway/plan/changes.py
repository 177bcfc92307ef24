"""Changes: what a release would change, for people to read before it happens."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from seaway.model.instance import Instance, Phase
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.workload import Role, Workload, volume_of


class Act(StrEnum):
    """What happens to a workload."""

    CREATE = "create"
    REPLACE = "replace"
    SCALE = "scale"
    KEEP = "keep"
    RUN = "run"
    """A job that runs once."""
    REMOVE = "remove"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What happens to one workload."""

    workload: str
    act: Act
    before: int = 0
    """Live instances now."""
    after: int = 0
    role: Role | None = None
    """None for one that the release does not name."""


class Fate(StrEnum):
    """What happens to a piece of data."""

    KEPT = "kept"
    CREATED = "created"
    OLDER = "older"
    """Kept, but the server here is of another version: it must be upgraded first."""
    ORPHANED = "orphaned"
    """Kept, but nothing of this release uses it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFate:
    """What happens to one volume. `size` is bytes on disk now."""

    workload: str
    volume: str
    fate: Fate
    size: int = 0
    before: str = ""
    """With `OLDER`: the version that made it."""
    after: str = ""


def changes(release: Release, seen: Sequence[Instance]) -> tuple[Change, ...]:
    """One for each workload that is wanted or there, in start order, removals last."""
    wanted = {each.name for each in release.workloads}
    gone = sorted({each.workload for each in seen if not each.phase.over} - wanted)
    removals = [
        Change(workload=name, act=Act.REMOVE, before=_count(seen, name)) for name in gone
    ]  # fmt: skip
    return (*(_change(each, seen) for each in release.workloads), *removals)


def _change(workload: Workload, seen: Sequence[Instance]) -> Change:
    mine = [each for each in seen if each.workload == workload.name]
    live = [each for each in mine if not each.phase.over]
    after = 0 if workload.role in {Role.JOB, Role.SCHEDULE} else workload.replicas
    act = _act(workload, mine, live)
    return Change(
        workload=workload.name, act=act, before=len(live), after=after, role=workload.role
    )  # fmt: skip


def _act(workload: Workload, mine: list[Instance], live: list[Instance]) -> Act:
    if workload.role is Role.SCHEDULE:
        return Act.KEEP if mine else Act.CREATE
    if workload.role is Role.JOB:
        done = any(i.phase is Phase.DONE and i.digest == workload.digest for i in mine)
        return Act.KEEP if done else Act.RUN
    if not live:
        return Act.CREATE
    if any(each.digest != workload.digest for each in live):
        return Act.REPLACE
    return Act.KEEP if len(live) == workload.replicas else Act.SCALE


def _count(seen: Sequence[Instance], name: str) -> int:
    return sum(1 for each in seen if each.workload == name and not each.phase.over)


Versions = Mapping[Name, tuple[str, str]]
"""Of the data and of the server here, where they are not the same, by workload."""


def fates(
    release: Release, there: Sequence[tuple[str, str, int]], older: Versions | None = None
) -> tuple[DataFate, ...]:
    """What happens to each piece of data. `there`: workload, volume and bytes of what is kept."""
    claimed = (_versioned(each, older or {}) for each in _claimed(release, there))
    return (*claimed, *_orphaned(release, there))


def _versioned(fate: DataFate, older: Versions) -> DataFate:
    versions = older.get(Name(fate.workload))
    if versions is None or fate.fate is not Fate.KEPT:
        return fate
    return replace(fate, fate=Fate.OLDER, before=versions[0], after=versions[1])


def _claimed(release: Release, there: Sequence[tuple[str, str, int]]) -> Iterator[DataFate]:
    sizes = {(workload, volume): size for workload, volume, size in there}
    for workload, volume in _volumes(release):
        size = sizes.get((workload, volume))
        fate = Fate.CREATED if size is None else Fate.KEPT
        yield DataFate(workload=workload, volume=volume, fate=fate, size=size or 0)


def _volumes(release: Release) -> Iterator[tuple[str, str]]:
    """Workload and volume, one for each member."""
    for workload in release.workloads:
        for volume in workload.volumes:
            for slot in range(workload.replicas):
                yield workload.name, volume_of(volume.name, slot)


def _orphaned(release: Release, there: Sequence[tuple[str, str, int]]) -> Iterator[DataFate]:
    claimed = set(_volumes(release))
    for workload, volume, size in there:
        if (workload, volume) not in claimed:
            yield DataFate(workload=workload, volume=volume, fate=Fate.ORPHANED, size=size)
