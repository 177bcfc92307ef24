"""The local target: processes of one stack on this machine."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, assert_never

from seaway.errors import NothingRunning, PartMissing, SeawayError
from seaway.model.certificate import Certificate
from seaway.model.finding import Finding
from seaway.model.instance import Address, Instance, Phase
from seaway.model.names import InstanceId, Name
from seaway.model.release import Release
from seaway.model.route import STAND_IN
from seaway.model.workload import Role, Server, Workload
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
from seaway.targets.leading.arranging import Arranging
from seaway.targets.local import filling, launch, logs
from seaway.targets.local.arranging import LocalMembers
from seaway.targets.local.asking import Asking
from seaway.targets.local.balancing import Balancing
from seaway.targets.local.builds import Builds
from seaway.targets.local.copying import Template
from seaway.targets.local.creating import create, new_name
from seaway.targets.local.dressing import Dressing, Wardrobe
from seaway.targets.local.executing import ask, execute
from seaway.targets.local.issuing import issued
from seaway.targets.local.metering import LocalMeter
from seaway.targets.local.observing import Observing
from seaway.targets.local.part import NotReady
from seaway.targets.local.ports import HOST, Ports
from seaway.targets.local.preflight import left_out, older, shortcomings
from seaway.targets.local.premises import Premises, Shelf
from seaway.targets.local.prober import Prober
from seaway.targets.local.process import Identity, Life
from seaway.targets.local.public_certificates import PublicCertificates
from seaway.targets.local.record import read_record, records
from seaway.targets.local.removing import destroy, forget, stop
from seaway.targets.local.renewing import Renewing, known
from seaway.targets.local.starting import start, start_dressed
from seaway.targets.local.state import StateFolder
from seaway.targets.local.traffic import PUBLIC, ProxyTraffic, ServicePorts
from seaway.targets.local.volumes import Volumes

FINISH_AGAIN = 1.0
"""Seconds after a try to end what somebody else had begun to end."""
TOLD_WITHIN = 0.05
"""Seconds until it is told that one has been replaced. Its end, or that it is ready, is told at
once: from its start on it is watched."""
FORGOTTEN_WITHIN = 1.0
"""Seconds until it is told that one has been forgotten: nothing can be done any more for it."""
DRAIN_LOOK = 0.25
"""Seconds between two looks at what is draining: the proxy does not tell."""


class LocalTarget:
    """Processes of one stack on this machine; each belongs to its shim, none to this object.

    Outside `async with` it only looks: every `observe` asks each running instance once. Inside it
    keeps the stack: probes run, changes wake `changed`, and what a killed Seaway began is finished.
    Leaving it stops no instance.
    """

    name = "local"

    def __init__(
        self, state: StateFolder, stack: Name, vault: Vault, clock: Clock, *,
        outside: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """`outside` is the operator's environment."""
        self._premises = Premises(
            stack=stack, state=state, clock=clock, vault=vault, shelf=Shelf(),
            outside=dict(os.environ) if outside is None else outside,
        )  # fmt: skip
        ports = Ports(state)
        self._wardrobe = Wardrobe(
            premises=self._premises, ports=ports, volumes=Volumes(state),
            builds=Builds(state, self._premises.outside),
            services=ServicePorts(state.root / "services.json", HOST, ports.another),
        )  # fmt: skip
        self._changed = asyncio.Event()
        asking = Asking(self._wardrobe.dressing, self._changed.set)
        self._arranging = Arranging(state.root, LocalMembers(self._wardrobe, asking))
        self._prober = Prober(clock, asking.ask, asking.settle, self._changed.set)
        self._balancing = Balancing(state, clock, self._proxy_traffic)
        self._observing = Observing(
            self._premises, asking, self._balancing, self._prober, self._changed.set
        )
        self._owners: defaultdict[InstanceId, asyncio.Lock] = defaultdict(asyncio.Lock)
        """An instance is stopped and started by one step at a time."""
        self._finishing: dict[InstanceId, asyncio.Task[None]] = {}
        self._public = PublicCertificates(state.certificates / PUBLIC, clock)
        self._renewing = Renewing(
            self._public, clock, partial(issued, environ=self._premises.outside),
            lambda: self._balancing.proxy, self._stand_in,
        )  # fmt: skip
        self._renewal: asyncio.Task[None] | None = None
        self._template = Template()
        self._told: asyncio.TimerHandle | None = None
        """When somebody is told next of what is not urgent."""

    def prepare(self, release: Release) -> None:
        """Do ahead of time what must be done once before anything of it starts; all is optional."""
        self._template.start()
        self._premises.vault.versions()
        for each in release.workloads:
            if isinstance(each.program, Server):
                with suppress(PartMissing):  # told when it is needed
                    self._premises.shelf.found(each.program)

    async def __aenter__(self) -> Self:
        self._observing.keeping = True
        self._template.start()
        self._renewal = asyncio.create_task(self._renewing.run(), name="renew certificates")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        tasks = [*self._finishing.values(), *([self._renewal] if self._renewal else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._observing.close()
        self._template.close()

    async def observe(self) -> Sequence[Instance]:
        self._changed.clear()  # before looking: what changes from here on is told
        self._told_now()
        before = self._balancing.running
        seen = await self._observing.observe()
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
        return shortcomings(release, self._premises, self._wardrobe.builds)

    def older(self, release: Release) -> Mapping[Name, tuple[str, str]]:
        """Stores whose data another version made than the server here, and both versions."""
        return older(release, self._premises)

    def left_out(self, release: Release) -> frozenset[Name]:
        """Workloads that cannot be built here, for lack of a tool: the rest runs without them."""
        return left_out(release, self._premises, self._wardrobe.builds)

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
            if _replaces(step):
                self._tell_within(TOLD_WITHIN)
            elif isinstance(step, Forget):
                self._tell_within(FORGOTTEN_WITHIN)
            else:
                self._changed.set()

    def _tell_within(self, seconds: float) -> None:
        """Once for all that comes of a crash: nobody waits for it, and each look costs."""
        loop = asyncio.get_running_loop()
        if self._told is None or self._told.when() > loop.time() + seconds:
            self._told_now()
            self._told = loop.call_later(seconds, self._changed.set)

    def _told_now(self) -> None:
        """What has been done so far is seen by whoever looks now."""
        if self._told is not None:
            self._told.cancel()
            self._told = None

    async def changed(self) -> None:
        await self._changed.wait()
        self._changed.clear()  # told once: whoever asks in a loop must not be answered for ever

    def lines(self, query: LogQuery) -> AsyncIterator[Line]:
        return logs.lines(self._premises.state, query)

    async def execute(self, instance: Instance, release: Release, argv: Sequence[str]) -> int:
        return await execute(instance, release, argv, self._wardrobe)

    async def ask(self, instance: Instance, release: Release, argv: Sequence[str]) -> Said:
        return await ask(instance, release, argv, self._wardrobe)

    async def reach(self, instance: Instance, release: Release) -> Reached:
        record = read_record(self._premises.state.instance(instance.id))
        if record is None:
            raise NothingRunning("SW264", instance=instance.id)
        placement = self._wardrobe.dressing(record, release).placement()
        return Reached(host=placement.host, ports=placement.ports, env=placement.env)

    async def empty(self, workload: Workload) -> Path:
        owner = filling.owner_of(workload, self._wardrobe)
        return await filling.empty(workload, self._wardrobe.volumes, owner)

    async def filled(self, workload: Workload) -> None:
        owner = filling.owner_of(workload, self._wardrobe)
        await filling.filled(workload, self._wardrobe.volumes, owner)

    def owner(self, workload: Workload) -> Identity | None:
        """As whom an instance of it runs."""
        return filling.owner_of(workload, self._wardrobe)

    def programs(self, workload: Workload) -> Mapping[str, Path]:
        """The programs that come with its server.

        Raises:
            PartMissing: it is not installed, or is a program of the user's own.
        """
        if not isinstance(workload.program, Server):
            raise PartMissing("SW252", part=workload.name, known="-")
        return self._premises.shelf.found(workload.program).programs

    async def kill(self, instance: Instance, signal: str) -> None:
        launch.kill(self._premises.state.instance(instance.id), signal)

    def meter(self) -> LocalMeter:
        """Measures what the instances use."""
        return LocalMeter(lambda name: launch.state(self._premises.state.instance(name)))

    def certificates(self, release: Release) -> Sequence[Certificate]:
        return known(self._public, release.routing)

    async def volumes(self) -> Sequence[tuple[Name, str, int]]:
        return await asyncio.to_thread(self._wardrobe.volumes.sizes)

    async def destroy(self) -> None:
        await destroy(self._wardrobe)

    async def _create(self, step: Create, release: Release) -> None:
        async def start_it(made: Dressing) -> None:
            async with self._owners[made.record.id], self._arranging.still(made.record.workload):
                if step.workload.role is Role.PROXY:
                    await self._balancing.prepare(made.record.id, release)
                await start_dressed(made, self._premises, self._template)
            self._observing.attend(made.record)

        name = new_name(step.workload.name)
        self._arranging.begin(step.workload)
        if not step.start:
            await create(step, name, release, self._wardrobe)
            return
        self._template.call(name)  # it wakes up while all else is made
        try:
            await create(step, name, release, self._wardrobe, start_it)
        finally:
            self._template.dismiss(name)

    async def _perform(
        self, step: Start | Admit | Drain | Stop | Forget | Configure, release: Release
    ) -> None:
        match step:
            case Start():
                if (proxy := release.find(step.workload.name)) and proxy.role is Role.PROXY:
                    await self._balancing.prepare(step.instance.id, release)
                async with self._arranging.still(step.workload):
                    await start(step, release, self._wardrobe, self._template)
            case Admit():
                await self._balancing.admit(step.instance, step.weight)
            case Drain():
                await self._balancing.drain(step.instance)
            case Stop():
                await self._stop(step, release)
            case Forget():
                await self._balancing.remove(step.instance)
                await forget(step.instance, self._wardrobe)
                self._owners.pop(step.instance.id, None)
            case Configure():
                await self._balancing.configure(step.instance.id, release)
                self._renewing.wake()
            case _:
                assert_never(step)

    async def _stop(self, step: Stop, release: Release | None) -> None:
        self._observing.leave(step.instance.id)
        await self._balancing.withdraw(step.instance)
        await stop(step, release, self._wardrobe)

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

    def _stand_in(self) -> Address | None:
        """Where the stand-in for an authority listens, if there is one."""
        state = self._premises.state
        for each in records(state):
            running = launch.state(state.instance(each.id)).life is Life.RUNNING
            if each.workload.name == STAND_IN and running:
                return Address(host=HOST, port=each.ports["directory"])
        return None

    def _proxy_traffic(self, name: InstanceId) -> ProxyTraffic:
        record = read_record(self._premises.state.instance(name))
        if record is None:
            raise NotReady(f"{name} is gone")
        return ProxyTraffic(
            self._wardrobe.dressing(record).placement(), stack=self._premises.stack,
            services=self._wardrobe.services, certificates=self._premises.state.certificates,
            clock=self._premises.clock,
        )  # fmt: skip


def _replaces(step: Step) -> bool:
    return isinstance(step, Create) and step.start
