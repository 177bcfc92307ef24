"""What the doctor finds on another machine: the host, its engine, and Seaway there."""

import platform
from collections.abc import Mapping
from typing import TYPE_CHECKING

from seaway import wiring
from seaway.cli import hosted
from seaway.cli.diagnose import Told, heard
from seaway.cli.doctor_running import Check
from seaway.cli.machine import needed
from seaway.cli.settings import Settings
from seaway.errors import PartMissing, SeawayError
from seaway.model.finding import Finding, Severity, worst
from seaway.model.release import Release
from seaway.model.stack import Stack
from seaway.model.workload import Role
from seaway.targets.docker.hosts.address import Address

if TYPE_CHECKING:
    from seaway.targets.docker.hosts.agent import Agent


async def elsewhere(settings: Settings, stack: Stack, address: Address) -> tuple[Check, ...]:
    """The file here, the host, and what runs there as Seaway there sees it."""
    found = wiring.resolved(stack)
    if worst(found.findings) is Severity.ERROR:
        return (Check("stack file", tuple(found.findings)),)
    around = hosted.surroundings(settings, stack, address.host)
    around[hosted.NEEDS] = hosted.told_needs(found)
    host, said = await _host(found.release, address, around)
    if said.versions:  # secrets are there, not here
        found = wiring.resolved(stack, said.versions)
    return Check("stack file", tuple(found.findings)), host, *said.checks


async def _host(
    release: Release, address: Address, around: Mapping[str, str]
) -> tuple[Check, Told]:
    """The host itself, and what Seaway there says; nothing where it is not there."""
    try:
        from seaway.targets.docker.hosts import agent, bare, ssh  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        raise PartMissing("SW220", host=address.host) from error
    details, found, said = list[str](), list[Finding](), None
    try:
        async with ssh.connected(address) as connection:
            host = await bare.look(connection)
            details += [f"{name}: {host.told.get(name, '?')}" for name in ("system", "kernel")]
            found += bare.findings(host, platform.machine())
            async with ssh.engine_of(connection, address) as engine:
                seaway = agent.Agent(engine, address.folder)
                said = await _said(seaway, around) if await seaway.there() else None
            if said is None:
                found += bare.taken(host, _ports(release))
    except SeawayError as error:
        found.append(Finding(code=error.code, facts=error.facts))
    return Check("host", tuple(found), tuple(details)), said or Told()


async def _said(seaway: "Agent", around: Mapping[str, str]) -> Told:
    """Nothing where Seaway there is too old to be asked, which the next release mends."""
    said = await seaway.ask(("diagnose",), around)
    try:
        return heard(said.out.decode()) if said.status == 0 else Told()
    except ValueError:
        return Told()


def _ports(release: Release) -> tuple[int, ...]:
    """Those that the ingress is to open; what runs already has them itself."""
    return tuple(
        each.ports[name] for each in release.workloads if each.role is Role.PROXY
        for name in needed(release)
    )  # fmt: skip
