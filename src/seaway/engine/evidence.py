"""Evidence: looks at what runs, for doctor to draw conclusions from."""

import asyncio
from collections.abc import Mapping, Sequence

from seaway.engine.doctor import Evidence, own_addresses
from seaway.model.instance import Instance
from seaway.model.release import Release
from seaway.model.workload import Role, Workload
from seaway.ports.target import LogQuery, Tails
from seaway.probing.tcp import ask_tcp

LAST_LINES = 40
LIMIT = 2.0
"""Seconds that one question may take."""


async def gathered(
    release: Release, seen: Sequence[Instance], target: Tails
) -> Mapping[str, Evidence]:
    """The evidence of each workload."""
    found = await asyncio.gather(*(_of(each, seen, target) for each in release.workloads))
    return {each.name: one for each, one in zip(release.workloads, found, strict=True)}


async def _of(workload: Workload, seen: Sequence[Instance], target: Tails) -> Evidence:
    lines = await _lines(workload, target)
    refused, own = await _refused(workload, seen), await _own(workload)
    return Evidence(lines=lines, refused=refused, own=own)


async def _lines(workload: Workload, target: Tails) -> tuple[str, ...]:
    query = LogQuery(workloads=frozenset({workload.name}), tail=LAST_LINES)
    return tuple([line.text async for line in target.lines(query) if line.stream != "seaway"])


async def _refused(workload: Workload, seen: Sequence[Instance]) -> Mapping[str, str]:
    """The ports of live instances that take no connection, by address."""
    addresses = [
        address
        for each in seen
        if each.workload == workload.name and each.phase.running
        for address in each.addresses.values()
    ]
    answers = await asyncio.gather(*(ask_tcp(each.host, each.port, LIMIT) for each in addresses))
    if workload.role is Role.PROXY and not all(answers):
        return {}  # it opens the ports that its sites need, and one that is open will do
    return {
        f"{address.host}:{address.port}": problem
        for address, problem in zip(addresses, answers, strict=True)
        if problem
    }


async def _own(workload: Workload) -> Mapping[str, str]:
    """The addresses somebody wrote into its variables that do not answer."""
    found = tuple(own_addresses(workload))
    answers = await asyncio.gather(*(ask_tcp(host, port, LIMIT) for _, host, port in found))
    return {
        f"{variable} ({host}:{port})": problem
        for (variable, host, port), problem in zip(found, answers, strict=True)
        if problem
    }
