"""Logs: lines of some workloads, checked names first."""

from collections.abc import AsyncIterator

from seaway.errors import UsageError
from seaway.model.release import Release
from seaway.ports.target import Line, LogQuery, Tails


def logs(release: Release | None, target: Tails, query: LogQuery) -> AsyncIterator[Line]:
    """Lines in order of time.

    Raises:
        UsageError: a workload of that name is not in the release.
    """
    known = {each.name for each in (release.workloads if release else ())}
    unknown = sorted(query.workloads - known) if known else []
    if unknown:
        raise UsageError("SW502", name=unknown[0], known=", ".join(sorted(known)))
    return target.lines(query)
