"""Restart: new instances of the same, one after the other where that is possible."""

from collections.abc import Sequence
from dataclasses import replace

from seaway.errors import UsageError
from seaway.model.release import Release
from seaway.model.workload import Role


def carried_over(release: Release, before: Release | None) -> Release:
    """The release with the revisions of the one before: what was restarted is not new again."""
    if before is None:
        return release
    for workload in release.workloads:
        old = before.find(workload.name)
        if old is not None and old.revision != workload.revision:
            release = release.with_workload(replace(workload, revision=old.revision))
    return release


def restarted(release: Release, names: Sequence[str]) -> Release:
    """The release that asks for new instances of those workloads; all that run, without names.

    Raises:
        UsageError: there is no such workload.
    """
    chosen = names or [
        each.name for each in release.workloads if each.role in {Role.SERVICE, Role.STORE}
    ]  # fmt: skip
    for name in chosen:
        workload = release.find(name)
        if workload is None:
            known = ", ".join(each.name for each in release.workloads)
            raise UsageError("SW502", name=name, known=known)
        release = release.with_workload(replace(workload, revision=workload.revision + 1))
    return replace(release, why=f"restart {' '.join(chosen)}")
