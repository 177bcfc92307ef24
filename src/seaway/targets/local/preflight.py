"""Preflight: what a release asks for that this machine cannot give, said before anything starts."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from seaway.errors import PartMissing
from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.workload import Server, Workload
from seaway.targets.local.builds import Builds
from seaway.targets.local.premises import Premises
from seaway.targets.local.tools import find_uv, missing_tools

GIB = 1 << 30
MADE = "cluster/PG_VERSION"
"""In the volume of a PostgreSQL: the version that made it."""


def shortcomings(release: Release, premises: Premises, builds: Builds) -> tuple[Finding, ...]:
    """Parts and tools that are missing, versions that differ, limits beyond this machine."""
    return tuple(_shortcomings(release, premises, builds))


def left_out(release: Release, premises: Premises, builds: Builds) -> frozenset[Name]:
    """Workloads that cannot be built here, for lack of a tool."""
    return frozenset(each.name for each in release.workloads if _lacking(each, premises, builds))


def _shortcomings(release: Release, premises: Premises, builds: Builds) -> Iterator[Finding]:
    for workload in release.workloads:
        if isinstance(workload.program, Server):
            yield from _part(workload, workload.program, premises)
            yield from _notice(release, workload, workload.program, premises)
        yield from _tools(workload, premises, builds)
    yield from _older_data(release, premises)
    yield from _room(release)
    if len(release.workloads) > 1:
        yield Finding(code="SW270", severity=Severity.INFO)


def _part(workload: Workload, server: Server, premises: Premises) -> Iterator[Finding]:
    place = Place(path=workload.component)
    try:
        found = premises.shelf.found(server)
    except PartMissing as error:
        yield Finding(code=error.code, at=place, facts={**error.facts, "component": workload.name})
        return
    if server.version and not same_version(server.version, found.version):
        facts = {"component": workload.component, "wanted": server.version,
                 "found": found.version, "origin": found.origin}  # fmt: skip
        yield Finding(code="SW271", at=place, severity=Severity.WARNING, facts=facts)


def older(release: Release, premises: Premises) -> dict[Name, tuple[str, str]]:
    """Stores whose data was made by another version than the server here, and both versions."""
    found: dict[Name, tuple[str, str]] = {}
    for workload in release.workloads:
        if not isinstance(workload.program, Server) or workload.program.part != "postgres":
            continue
        with suppress(PartMissing):
            made = made_by(premises.state.volume(workload.name, "data") / "data")
            version = premises.shelf.found(workload.program).version
            if made and not same_version(made, version):
                found[workload.name] = made, version
    return found


def made_by(data: Path) -> str:
    """The version of the PostgreSQL that made what is in a volume; empty where there is none."""
    try:
        return (data / MADE).read_text().strip()
    except OSError:
        return ""


def _older_data(release: Release, premises: Premises) -> Iterator[Finding]:
    for name, (made, version) in older(release, premises).items():
        folder = str(premises.state.volume(name, "data"))
        facts = {"component": name, "made": made, "found": version, "folder": folder}
        yield Finding(code="SW341", at=Place(path=name), facts=facts)


def _notice(
    release: Release, workload: Workload, server: Server, premises: Premises
) -> Iterator[Finding]:
    """What is good enough for a developer's machine may not be for others."""
    with suppress(PartMissing):
        found = premises.shelf.found(server)
        severity = Severity.INFO if release.environment == "local" else Severity.WARNING
        if found.notice:
            facts = {"component": workload.component, "origin": found.origin,
                     "version": found.version}  # fmt: skip
            at = Place(path=workload.component)
            yield Finding(code=found.notice, at=at, severity=severity, facts=facts)


def same_version(wanted: str, found: str) -> bool:
    """Whether what is wanted says as much as `found`, as far as it goes: 16 is 16.4."""
    parts = wanted.split(".")
    return found.split(".")[: len(parts)] == parts


def _tools(workload: Workload, premises: Premises, builds: Builds) -> Iterator[Finding]:
    if lacking := _lacking(workload, premises, builds):
        facts = {"service": workload.name, "tools": ", ".join(lacking)}
        at = Place(path=workload.component)
        yield Finding(code="SW272", at=at, severity=Severity.WARNING, facts=facts)


def _lacking(workload: Workload, premises: Premises, builds: Builds) -> tuple[str, ...]:
    """Tools without which it cannot be built; none when nothing has to be built."""
    build = workload.program.build
    if build is None:
        return ()
    if build.command:
        missing = missing_tools(build.command, premises.outside)
        return missing if missing and not builds.up_to_date(build) else ()
    needs_uv = builds.environment(build) is not None
    return ("uv",) if needs_uv and find_uv(premises.outside) is None else ()


def _room(release: Release) -> Iterator[Finding]:
    """Limits are no reservations: to ask for more than there is works until it is used."""
    memory = sum(each.limits.memory * each.replicas for each in release.workloads)
    cpu = sum(each.limits.cpu * each.replicas for each in release.workloads)
    there, processors = _memory(), os.cpu_count() or 1
    if memory > there:
        facts = {"wanted": f"{memory / GIB:.1f}", "there": f"{there / GIB:.1f}"}
        yield Finding(code="SW273", severity=Severity.WARNING, facts=facts)
    if cpu > processors:
        facts = {"wanted": f"{cpu:g}", "there": str(processors)}
        yield Finding(code="SW274", severity=Severity.WARNING, facts=facts)


def _memory() -> int:
    """Bytes that programs can have without swapping: proc(5), MemAvailable."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
