"""What the doctor finds on another machine: the host, its engine, and Seaway there."""

import platform
from dataclasses import dataclass

from seaway import wiring
from seaway.cli.machine import needed
from seaway.errors import PartMissing, SeawayError
from seaway.model.finding import Finding, Severity, worst
from seaway.model.release import Release
from seaway.model.stack import Stack
from seaway.model.workload import Role
from seaway.targets.docker.hosts.address import Address


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was found."""

    name: str
    findings: tuple[Finding, ...]
    details: tuple[str, ...] = ()
    """What is there, where that is worth telling."""


async def elsewhere(stack: Stack, address: Address) -> tuple[Check, ...]:
    """The file here, and the host there. What runs is told by `status`."""
    found = wiring.resolved(stack)
    checks = [Check("stack file", tuple(found.findings))]
    if worst(found.findings) is not Severity.ERROR:
        checks.append(await _host(found.release, address))
    return tuple(checks)


async def _host(release: Release, address: Address) -> Check:
    try:
        from seaway.targets.docker.hosts import agent, bare, ssh  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        raise PartMissing("SW220", host=address.host) from error
    details: list[str] = []
    try:
        async with ssh.connected(address) as connection:
            host = await bare.look(connection)
            details += [f"{name}: {host.told.get(name, '?')}" for name in ("system", "kernel")]
            async with ssh.engine_of(connection, address) as engine:
                runs = await agent.Agent(engine, address.folder).there()
    except SeawayError as error:
        return Check("host", (Finding(code=error.code, facts=error.facts),), tuple(details))
    wanted = () if runs else _ports(release)
    return Check("host", tuple(bare.findings(host, platform.machine(), wanted)), tuple(details))


def _ports(release: Release) -> tuple[int, ...]:
    """Those that the ingress is to open; what runs already has them itself."""
    return tuple(
        each.ports[name] for each in release.workloads if each.role is Role.PROXY
        for name in needed(release)
    )  # fmt: skip
