"""Differences: what one release has that another has not, for people."""

from collections.abc import Iterator

from seaway.model.release import Release, routing_digest
from seaway.model.workload import Role, Workload


def differences(release: Release, before: Release | None) -> tuple[tuple[str, str], ...]:
    """Sign and name of each: `+` new, `~` another one, `±` another number, `-` gone.

    A job that is not there is done; routes have the empty name.
    """
    return tuple(_differences(release, before)) if before else ()


def _differences(release: Release, before: Release) -> Iterator[tuple[str, str]]:
    for each in release.workloads:
        if sign := _sign(each, before.find(each.name)):
            yield sign, each.name
    for old in before.workloads:
        if release.find(old.name) is None and old.role is not Role.JOB:
            yield "-", old.name
    if routing_digest(release.routing) != routing_digest(before.routing):
        yield "~", ""


def _sign(workload: Workload, old: Workload | None) -> str:
    if old is None:
        return "" if workload.role is Role.JOB else "+"
    if old.digest != workload.digest:
        return "~"
    changed = old.replicas != workload.replicas
    return f"{old.replicas}→{workload.replicas}" if changed else ""
