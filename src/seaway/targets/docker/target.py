"""The Docker target: containers of one stack, on the engine of this machine."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, assert_never

from seaway.errors import NothingRunning, SeawayError
from seaway.model.certificate import Certificate
from seaway.model.finding import Finding
from seaway.model.instance import Address, Instance, Phase
from seaway.model.names import InstanceId, Name
from seaway.model.release import Release
from seaway.model.workload import Role, Workload
from seaway.plan.rolling import rolling
from seaway.plan.steps import (
    Admit,
    Arrange,
    Configure,
    Create,
    Drain,
    Forget,
    Plan,
    Start,
    Step,
    Stop,
)
from seaway.ports.clock import Clock
from seaway.ports.target import Line, LogQuery, Reached, Said
from seaway.ports.vault import Vault
from seaway.targets.docker import removing
from seaway.targets.docker.arranging import DockerMembers
from seaway.targets.docker.asking import Asking
from seaway.targets.docker.containers import Containers
from seaway.targets.docker.creating import create, environment
from seaway.targets.docker.executing import asked, executed
from seaway.targets.docker.inside import program_of
from seaway.targets.docker.observing import Observing
from seaway.targets.docker.preflight import shortcomings
from seaway.targets.docker.premises import ANYWHERE, ImageSource, owner, premises_of
from seaway.targets.docker.starting import start
from seaway.targets.docker.tailing import Tailing
from seaway.targets.docker.watching import watch
from seaway.targets.leading.arranging import Arranging
from seaway.targets.local import filling
from seaway.targets.local.balancing import Balancing
from seaway.targets.local.creating import new_name, over
from seaway.targets.local.issuing import issued
from seaway.targets.local.metering import LocalMeter
from seaway.targets.local.part import Found, NotReady, Placement
from seaway.targets.local.prober import Prober
from seaway.targets.local.process import Life
from seaway.targets.local.public_certificates import PublicCertificates
from seaway.targets.local.record import Record, read_record, records
from seaway.targets.local.renewing import Renewing, known
from seaway.targets.local.state import StateFolder
from seaway.targets.local.traffic import PUBLIC, ProxyTraffic

FINISH_AGAIN = 1.0
"""Seconds after a try to end what somebody else had begun to end."""
DRAIN_LOOK = 0.25
"""Seconds between two looks at what is draining: the proxy does not tell."""


class DockerTarget:
    """Containers of one stack; each remembers itself, none belongs to this object.

    Outside `async with` it only looks: every `observe` asks each running instance once. Inside it
    keeps the stack: probes run, changes wake `changed`, and what a killed Seaway began is finished.
    Leaving it stops no instance.
    """

    name = "docker"

    def __init__(  # noqa: PLR0913 -- each a different thing, given once
        self, state: StateFolder, stack: Name, vault: Vault, clock: Clock, *,
        outside: Mapping[str, str], images: ImageSource | None = None,
    ) -> None:  # fmt: skip
        """`outside` is the operator's environment; `images`, where not made of the stack."""
        premises = premises_of(state, stack, vault, clock, outside)
        self._premises = premises = replace(premises, images=images or premises.images)
        self._changed = asyncio.Event()
        self._containers = Containers(premises.engine, premises.belonging)
        self._balancing = Balancing(state, clock, self._proxy_traffic, self._folder_runs)
        self._observing = Observing(premises, self._containers, self._balancing, self._changed.set)
        self._asking = Asking(premises, self._observing.host, self._changed.set)
        members = DockerMembers(premises, self._asking, self._observing.process)
        self._arranging = Arranging(state.root, members)
        self._prober = Prober(clock, self._asking.ask, self._asking.settle, self._changed.set)
        self._tailing = Tailing(premises, self._containers)
        self._owners: defaultdict[InstanceId, asyncio.Lock] = defaultdict(asyncio.Lock)
        """An instance is stopped and started by one step at a time."""
        self._finishing: dict[InstanceId, asyncio.Task[None]] = {}
        self._public = PublicCertificates(state.certificates / PUBLIC, clock)
        self._renewing = Renewing(
            self._public, clock, partial(issued, environ=outside),
            lambda: self._balancing.proxy, _no_stand_in,
        )  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []

    def prepare(self, release: Release) -> None:
        """Nothing can be done ahead of time."""

    async def __aenter__(self) -> Self:
        self._observing.keeping = True
        premises = self._premises
        watching = watch(premises.engine, premises.belonging, self._changed.set)
        self._tasks = [
            asyncio.create_task(self._renewing.run(), name="renew certificates"),
            asyncio.create_task(watching, name="watch the engine"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        tasks = [*self._finishing.values(), *self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._observing.keeping = False
        await self._prober.close()

    async def observe(self) -> Sequence[Instance]:
        self._changed.clear()  # before looking: what changes from here on is told
        before = self._balancing.running
        seen = await self._observing.observe(self._prober, self._asking)
        if self._observing.keeping:
            if self._balancing.running != before:
                self._renewing.wake()
            self._finish_stops(seen)
            if self._balancing.draining:
                asyncio.get_running_loop().call_later(DRAIN_LOOK, self._changed.set)
        return seen

    def plan(self, release: Release, seen: Sequence[Instance], now: datetime) -> Plan:
        wanted = {each.name: each for each in release.workloads}
        for instance in seen:
            workload = wanted.get(instance.workload)
            if workload and workload.digest == instance.digest:
                self._prober.follow(instance.id, workload.checks)
        return rolling(release, seen, now, self._arranging.leads)

    def cannot(self, release: Release) -> Sequence[Finding]:
        return shortcomings(release, self._premises.engine)

    def left_out(self, release: Release) -> frozenset[Name]:
        """Nothing: what is needed for building is in images."""
        del release
        return frozenset()

    async def perform(self, step: Step, release: Release) -> None:
        try:
            if isinstance(step, Create):
                await self._create(step, release)
            elif isinstance(step, Arrange):  # owns nothing: its instance may have to be killed
                await self._arranging.arrange(step)
            else:
                async with self._owners[step.instance.id]:
                    await self._perform(step, release)
        finally:
            self._changed.set()

    async def changed(self) -> None:
        await self._changed.wait()
        self._changed.clear()  # told once: whoever asks in a loop must not be answered for ever

    def lines(self, query: LogQuery) -> AsyncIterator[Line]:
        return self._tailing.lines(query)

    async def execute(self, instance: Instance, release: Release, argv: Sequence[str]) -> int:
        del release
        return await executed(self._premises, self._record(instance), argv)

    async def ask(self, instance: Instance, release: Release, argv: Sequence[str]) -> Said:
        del release
        return await asked(self._premises, self._record(instance), argv)

    async def reach(self, instance: Instance, release: Release) -> Reached:
        record, container = self._record(instance), await self._containers.of(instance.id)
        host = next(filter(None, container.networks.values()), "") if container else ""
        if not host:
            raise NothingRunning("SW264", instance=instance.id)
        env = environment(record, release, self._premises)
        doors = self._asking.doors(record)
        return Reached(host=host, ports=record.ports, env=env, doors=doors)

    async def empty(self, workload: Workload) -> Path:
        return await filling.empty(workload, self._premises.volumes, owner())

    def older(self, release: Release) -> Mapping[Name, tuple[str, str]]:
        """Not known before they start: which server is in an image only the image tells."""
        del release
        return {}

    async def filled(self, workload: Workload) -> None:
        await filling.filled(workload, self._premises.volumes, owner())

    async def kill(self, instance: Instance, signal: str) -> None:
        await removing.kill(instance, signal, self._premises, self._containers)

    def meter(self) -> LocalMeter:
        """Measures what the instances use: their processes are this machine's."""
        return LocalMeter(self._observing.process)

    def certificates(self, release: Release) -> Sequence[Certificate]:
        return known(self._public, release.routing)

    async def volumes(self) -> Sequence[tuple[Name, str, int]]:
        return await asyncio.to_thread(self._premises.volumes.sizes)

    async def destroy(self) -> None:
        await removing.destroy(self._premises, self._containers)

    async def _create(self, step: Create, release: Release) -> None:
        """Nothing where there is one of this kind that is not over."""
        for each in records(self._premises.state):
            same = (each.workload.name, each.slot, each.digest) == (
                step.workload.name, step.slot, step.workload.digest
            )  # fmt: skip
            if same and not self._over(each):
                return
        name = new_name(step.workload.name)
        self._arranging.begin(step.workload)
        async with self._owners[name]:
            await create(step, name, release, self._premises)
            if step.start:
                await self._start(name, release)

    def _over(self, record: Record) -> bool:
        """Whether the instance will never run again."""
        life = self._observing.process(record.id).life
        if life is Life.ABSENT:
            return over(self._premises.state.instance(record.id))
        return life is not Life.RUNNING

    async def _perform(
        self, step: Start | Admit | Drain | Stop | Forget | Configure, release: Release
    ) -> None:
        match step:
            case Start():
                await self._start(step.instance.id, release)
            case Admit():
                await self._balancing.admit(step.instance, step.weight)
            case Drain():
                await self._balancing.drain(step.instance)
            case Stop():
                await self._stop(step, release)
            case Forget():
                await self._balancing.remove(step.instance)
                await removing.forget(
                    step.instance, self._premises, self._containers, self._tailing
                )
                self._owners.pop(step.instance.id, None)
            case Configure():
                await self._networked(step.instance, release)
                await self._balancing.configure(step.instance.id, release)
                self._renewing.wake()
            case _:
                assert_never(step)

    async def _start(self, name: InstanceId, release: Release) -> None:
        record = read_record(self._premises.state.instance(name))
        if record and record.workload.role is Role.PROXY:
            await self._balancing.prepare(name, release)
        if record:
            async with self._arranging.still(record.workload):
                await start(name, release, self._premises, self._containers)

    async def _networked(self, instance: Instance, release: Release) -> None:
        """A proxy must be in the networks of those for which it is to stand."""
        if container := await self._containers.of(instance.id):
            await self._premises.networks.join(
                container.id, release, instance.workload, instance.slot
            )

    async def _stop(self, step: Stop, release: Release | None) -> None:
        self._prober.leave(step.instance.id)
        self._asking.forget(step.instance.id)
        await self._balancing.withdraw(step.instance)
        await removing.stop(step, release, self._premises, self._containers)

    def _finish_stops(self, seen: Sequence[Instance]) -> None:
        """A stop that a killed Seaway had begun is nobody's step any more."""
        for instance in seen:
            unowned = not self._owners[instance.id].locked()
            if instance.phase is Phase.STOPPING and unowned and instance.id not in self._finishing:
                task = asyncio.create_task(self._finish(instance), name=f"stop {instance.id}")
                self._finishing[instance.id] = task

    async def _finish(self, instance: Instance) -> None:
        try:
            async with self._owners[instance.id]:
                await self._stop(Stop(instance=instance, why=instance.reason), None)
        except (OSError, SeawayError):
            await asyncio.sleep(FINISH_AGAIN)  # it is still stopping: the next look begins anew
        finally:
            self._finishing.pop(instance.id, None)
            self._changed.set()

    def _record(self, instance: Instance) -> Record:
        record = read_record(self._premises.state.instance(instance.id))
        if record is None:
            raise NothingRunning("SW264", instance=instance.id)
        return record

    def _folder_runs(self, folder: Path) -> bool:
        return self._observing.process(InstanceId(folder.name)).life is Life.RUNNING

    def _proxy_traffic(self, name: InstanceId) -> ProxyTraffic:
        premises = self._premises
        record = read_record(premises.state.instance(name))
        if record is None:
            raise NotReady(f"{name} is gone")

        async def check(file: Path) -> tuple[int, str]:
            said = await asked(premises, record, ("haproxy", "-c", "-q", "-f", str(file)))
            return said.status, (said.out + said.problem).decode(errors="replace")

        place = Placement(
            instance=name, workload=record.workload, server=program_of(record.workload),
            folder=premises.run_folder(record), volumes=premises.data(record), host=ANYWHERE,
            ports=record.ports, env={}, found=Found(version="", origin="", programs={}),
        )  # fmt: skip
        return ProxyTraffic(
            place, stack=premises.stack, services=premises.services,
            certificates=premises.state.certificates, clock=premises.clock, check=check,
        )  # fmt: skip


def _no_stand_in() -> Address | None:
    """Pebble asks for its proofs on this machine, and in a container that is another place."""
    return None
