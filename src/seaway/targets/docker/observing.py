"""Observing: sees all instances of the stack, and keeps an eye on those that run."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from seaway.errors import SeawayError
from seaway.model.instance import Instance, Phase
from seaway.model.names import InstanceId, Name
from seaway.model.probe import PartProbe
from seaway.model.workload import Role
from seaway.targets.docker.asking import Asking
from seaway.targets.docker.containers import Container, Containers, process_of
from seaway.targets.docker.inside import WHY
from seaway.targets.docker.premises import Premises
from seaway.targets.docker.removing import remove_container
from seaway.targets.docker.speaking import BEFORE, BEGUN
from seaway.targets.leading.leads import LeadFile
from seaway.targets.local.balancing import Balancing
from seaway.targets.local.marks import Health, read_health
from seaway.targets.local.prober import FIRST_LOOK, QUIET, Prober
from seaway.targets.local.process import Life, ProcessState
from seaway.targets.local.record import (
    Record,
    instance_names,
    read_record,
    remove_abandoned,
    remove_folder,
    write_record,
)
from seaway.targets.local.sighting import Sighting, instance_of, sight

LOOK_AGAIN = 0.2
"""Seconds between two looks at what is being prepared in its container: nothing tells of it."""


class Observing:
    """Looks once, or keeps: then each running instance has a probe task."""

    def __init__(
        self, premises: Premises, containers: Containers, balancing: Balancing,
        wake: Callable[[], None],
    ) -> None:  # fmt: skip
        self._premises, self._containers, self._balancing = premises, containers, balancing
        self._wake = wake
        self._seen: Mapping[InstanceId, Container] = {}
        self._hosts: dict[InstanceId, str] = {}
        self._proxies: frozenset[Name] = frozenset()
        self._last: tuple[Instance, ...] = ()
        self.keeping = False

    def host(self, name: InstanceId) -> str:
        """Where its ports are reached, as last seen."""
        return self._hosts.get(name, "")

    def process(self, name: InstanceId) -> ProcessState:
        """How its process did when it was last seen."""
        record = read_record(self._premises.state.instance(name))
        if record is None:
            return ProcessState(life=Life.ABSENT)
        return process_of(self._seen.get(name), record)

    async def observe(self, prober: Prober, asking: Asking) -> tuple[Instance, ...]:
        """All instances, in order of id. Where the engine is silent, what was seen last counts.

        Raises:
            StepFailed: SW230, it is silent, and nothing was seen before.
        """
        try:
            self._seen = await self._containers.all()
        except SeawayError:
            if not self._last:
                raise
            return self._last
        sightings = [each for name in self._names() if (each := self._sight(name))]
        if self.keeping:
            await self._remove_abandoned({each.record.id for each in sightings})
        self._proxies = frozenset(_proxies(sightings))
        sightings = [self._placed(each) for each in sightings]
        self._hosts = {each.record.id: each.host for each in sightings}
        await self._balancing.look(sightings)
        if self.keeping:
            await self._heard_out(sightings, asking)
        healths = await (
            self._kept(sightings, prober) if self.keeping else self._looked(sightings, asking)
        )
        self._last = tuple(
            self._instance(each, health, asking)
            for each, health in zip(sightings, healths, strict=True)
        )
        remove_abandoned(self._premises.state)
        return self._last

    async def _heard_out(self, sightings: Sequence[Sighting], asking: Asking) -> None:
        """Where nobody leads any more, hear how far each of the others has come."""
        for name, lead in LeadFile(self._premises.state.root).all().items():
            mine = [each for each in sightings if each.record.workload.name == name and each.up]
            if all(each.record.slot != lead.slot for each in mine):
                await asyncio.gather(*(asking.hear(each.record) for each in mine))

    async def _remove_abandoned(self, known: Collection[InstanceId]) -> None:
        """Containers that a killed Seaway was making: nobody will ever start them."""
        for name, container in self._seen.items():
            if name not in known and container.state == "created":
                with suppress(SeawayError):  # at the next look, then
                    await remove_container(self._premises, name)

    def _names(self) -> Sequence[InstanceId]:
        return sorted({*instance_names(self._premises.state), *self._seen})

    def _sight(self, name: InstanceId) -> Sighting | None:
        """What is there of it; None where a killed Seaway was making it, or it is going."""
        container, state = self._seen.get(name), self._premises.state
        folder = state.instance(name)
        record = read_record(folder) or self._adopted(container, folder)
        if record is None:
            return None
        found = sight(record, folder, self._begun(record, process_of(container, record)))
        if found.abandoned and (self.keeping or container is None):
            remove_folder(state, name)
            return None  # else it is there for all to see, so that `down` has something to do
        return found

    def _begun(self, record: Record, process: ProcessState) -> ProcessState:
        """How long it may take to be ready counts from when its first files are made."""
        run = self._premises.run_folder(record)
        if process.life is not Life.RUNNING:
            return process
        if (run / BEFORE).exists():
            if self.keeping:
                asyncio.get_running_loop().call_later(LOOK_AGAIN, self._wake)
            return replace(process, started=None)
        try:
            begun = datetime.fromtimestamp((run / BEGUN).stat().st_mtime, UTC)
        except OSError:
            return process
        return replace(process, started=begun)

    def _adopted(self, container: Container | None, folder: Path) -> Record | None:
        """A container whose folder is gone remembers itself."""
        record = container.written() if container else None
        if record is not None:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_record(folder, record)
        return record

    def _placed(self, sighting: Sighting) -> Sighting:
        """With the address where the proxy finds it; with its only one where there is no proxy."""
        workload = sighting.record.workload
        if workload.role is Role.PROXY:
            return sighting
        container = self._seen.get(sighting.record.id)
        networks = container.networks if container else dict[str, str]()
        with_proxy = [self._premises.belonging.named(each, workload.name) for each in self._proxies]
        found = (networks[name] for name in (*with_proxy, *networks) if networks.get(name))
        return replace(sighting, host=next(found, ""))

    def _instance(self, sighting: Sighting, health: Health, asking: Asking) -> Instance:
        name = sighting.record.id
        found = instance_of(
            sighting, self._premises.stack, health, now=self._premises.clock.now(),
            traffic=self._balancing.traffic(name), weight=self._balancing.weight(name),
            config=self._balancing.config(name), said=asking.said(name),
        )  # fmt: skip
        if found.phase is Phase.DEAD and (why := self._said(sighting)):
            return replace(found, reason=why)
        return found

    def _said(self, sighting: Sighting) -> str:
        """Why a part could not begin, in its own words."""
        try:
            return (self._premises.run_folder(sighting.record) / WHY).read_text()[:500]
        except OSError:
            return ""

    async def _kept(self, sightings: Sequence[Sighting], prober: Prober) -> list[Health]:
        for each in sightings:
            if each.up:
                prober.watch(each.record, each.folder, each.started)
            else:
                prober.leave(each.record.id)
        await prober.first_answers()
        return [
            prober.watch(each.record, each.folder, each.started).health if each.up
            else _starting(each) for each in sightings
        ]  # fmt: skip

    async def _looked(self, sightings: Sequence[Sighting], asking: Asking) -> list[Health]:
        looks: list[Awaitable[Health]] = [self._look(each, asking) for each in sightings]
        return list(await asyncio.gather(*looks))

    async def _look(self, sighting: Sighting, asking: Asking) -> Health:
        """Ask once, and change nothing: somebody else may be keeping the stack."""
        health = read_health(sighting.folder) or _starting(sighting)
        checks, now = sighting.record.workload.checks, self._premises.clock.now()
        if not sighting.up or health.phase is Phase.SICK:
            return health
        if checks.ready is None:
            young = health.phase is Phase.STARTING and now < sighting.started + QUIET
            return health if young else replace(health, phase=Phase.READY)
        if health.phase is Phase.STARTING and isinstance(checks.ready, PartProbe):
            return health  # whether its users and databases are made is known to the keeper only
        reason = await asking.ask(sighting.record, checks.ready, min(checks.timeout, FIRST_LOOK))
        was = health.phase
        if reason:
            failing = Phase.STARTING if was is Phase.STARTING else Phase.UNREADY
            return Health(phase=failing, since=health.since, reason=reason)
        return Health(phase=Phase.READY, since=health.since if was is Phase.READY else now)


def _proxies(sightings: Sequence[Sighting]) -> Iterator[Name]:
    for each in sightings:
        if each.record.workload.role is Role.PROXY:
            yield each.record.workload.name


def _starting(sighting: Sighting) -> Health:
    return Health(phase=Phase.STARTING, since=sighting.started)
