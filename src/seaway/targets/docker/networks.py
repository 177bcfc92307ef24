"""Networks: makes the networks of a stack, puts containers into them, removes what nobody needs."""

import asyncio
import ipaddress
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

from seaway.errors import StepFailed
from seaway.model.json import Json
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.targets.docker.belonging import Belonging
from seaway.targets.docker.edges import Edge, aliases, edges, mine
from seaway.targets.docker.engine import Engine, Id, Refused
from seaway.targets.docker.reading import at, items, text

POOL = ipaddress.IPv4Network("10.83.0.0/16")
"""Taken apart into networks of 62 addresses: the engine's own pool ends after thirty of them."""
PREFIX = 26
TRIES = 8
"""Another may take a subnet between our look and our wish."""


class Networks:
    """Those of one stack."""

    def __init__(self, engine: Engine, belonging: Belonging) -> None:
        self._engine, self._belonging = engine, belonging
        self._making: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        """The engine lets two networks have one name where they are asked for at once."""

    def name(self, edge: Edge) -> str:
        """What the engine knows it by."""
        return self._belonging.named(*edge.words)

    async def first(self, release: Release, workload: Name, slot: int) -> tuple[str, Json]:
        """The network that a container is made in, and how it is found there."""
        edge = mine(release, workload)[0]
        await self._provide(edge)
        return self.name(edge), {"Aliases": list(aliases(release, edge, workload, slot))}

    async def join(self, container: Id, release: Release, workload: Name, slot: int) -> None:
        """Put a container into all networks of its workload; nothing where it is in."""
        found = await self._engine.call("GET", f"/containers/{container}/json")
        inside = {name for name, _ in items(at(found, "NetworkSettings", "Networks"))}
        for edge in mine(release, workload):
            if self.name(edge) in inside:
                continue
            await self._provide(edge)
            wish: Json = {
                "Container": container,
                "EndpointConfig": {"Aliases": list(aliases(release, edge, workload, slot))},
            }
            try:
                await self._engine.call("POST", f"/networks/{self.name(edge)}/connect", body=wish)
            except Refused as refused:
                if "already exists" not in str(refused.facts.get("problem")):
                    raise

    async def remove_unused(self, release: Release | None) -> None:
        """Remove those that the release does not need and in which nobody is."""
        needed = {self.name(each) for each in edges(release)} if release else set[str]()
        for each in await self._listed(self._belonging.filter):
            if text(each, "Name") not in needed:
                try:
                    await self._engine.call("DELETE", f"/networks/{text(each, 'Id')}")
                except Refused:  # somebody is in it: it goes with the last one
                    continue

    async def _provide(self, edge: Edge) -> None:
        """Make it where it is not there yet.

        Raises:
            StepFailed: SW232, there is no room for it.
        """
        async with self._making[self.name(edge)]:
            await self._made(edge)

    async def _made(self, edge: Edge) -> None:
        name, problem = self.name(edge), ""
        for _ in range(TRIES):
            if there := await self._listed({"name": [f"^{name}$"]}):
                await self._alone(there)
                return
            subnet = next(_free(await self._taken(), name), None)
            if subnet is None:
                break
            try:
                await self._engine.call("POST", "/networks/create", body=self._wish(edge, subnet))
            except Refused as refused:
                problem = str(refused.facts.get("problem"))
                if not refused.there_already and "overlap" not in problem:
                    raise
            else:
                return
        raise StepFailed("SW232", network=name, problem=problem or f"{POOL} is full")

    async def _alone(self, several: Sequence[Json]) -> None:
        """One of a name is enough: the one in which somebody is cannot be removed."""
        left = len(several)
        for each in several:
            if left > 1:
                with suppress(Refused):
                    await self._engine.call("DELETE", f"/networks/{text(each, 'Id')}")
                    left -= 1

    def _wish(self, edge: Edge, subnet: str) -> Json:
        return {
            "Name": self.name(edge), "CheckDuplicate": True, "Driver": "bridge",
            "Internal": edge.closed, "Labels": dict(self._belonging.labels()),
            "IPAM": {"Config": [{"Subnet": subnet}]},
        }  # fmt: skip

    async def _taken(self) -> Sequence[ipaddress.IPv4Network]:
        """Subnets of other networks of the engine, and whatever this machine has a route to."""
        there = [
            text(config, "Subnet")
            for network in await self._listed({})
            for config in listed(at(network, "IPAM", "Config"))
        ]
        return [*(ipaddress.IPv4Network(each) for each in there if ":" not in each), *_routes()]

    async def _listed(self, filters: Mapping[str, Json]) -> Sequence[Json]:
        return listed(await self._engine.call("GET", "/networks", query={"filters": dict(filters)}))


def listed(found: Json) -> Sequence[Json]:
    """A list, empty where there is none."""
    return found if isinstance(found, list) else ()


def _free(taken: Iterable[ipaddress.IPv4Network], name: str) -> Iterator[str]:
    """Begins at another place for each name, so that two who look at once seldom want the same."""
    busy = [each for each in taken if each.overlaps(POOL)]
    every = tuple(POOL.subnets(new_prefix=PREFIX))
    start = sum(name.encode()) * 7 % len(every)
    for each in islice((*every[start:], *every[:start]), len(every)):
        if not any(each.overlaps(other) for other in busy):
            yield str(each)


def _routes() -> Iterator[ipaddress.IPv4Network]:
    """Of this machine, but for the one to everywhere: proc(5), net/route."""
    for line in Path("/proc/net/route").read_text().splitlines()[1:]:
        words = line.split()
        address, mask = (int.from_bytes(bytes.fromhex(words[i])[::-1]) for i in (1, 7))
        if mask:
            yield ipaddress.IPv4Network((address, mask.bit_count()), strict=False)
