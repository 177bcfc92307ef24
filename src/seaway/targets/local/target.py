"""The local target: processes of one stack on this machine."""

import asyncio
import os
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self, assert_never

from seaway.model.finding import Finding
from seaway.model.instance import Instance, Phase
from seaway.model.names import InstanceId, Name
from seaway.model.release import Release
from seaway.model.workload import Role
from seaway.plan.rolling import rolling
from seaway.plan.steps import Admit, Configure, Create, Drain, Forget, Plan, Start, Step, Stop
from seaway.ports.clock import Clock
from seaway.ports.target import Line, LogQuery
from seaway.ports.vault import Vault
from seaway.targets.local import logs
from seaway.targets.local.asking import Asking
from seaway.targets.local.balancing import Balancing
from seaway.targets.local.builds import Builds
from seaway.targets.local.creating import create
from seaway.targets.local.dressing import Wardrobe
from seaway.targets.local.executing import execute
from seaway.targets.local.observing import Observing
from seaway.targets.local.part import NotReady
from seaway.targets.local.ports import HOST, Ports
from seaway.targets.local.preflight import left_out, shortcomings
from seaway.targets.local.premises import Premises, Shelf
from seaway.targets.local.prober import Prober
from seaway.targets.local.record import read_record
from seaway.targets.local.removing import destroy, forget, stop
from seaway.targets.local.starting import start
from seaway.targets.local.state import StateFolder
from seaway.targets.local.traffic import ProxyTraffic, ServicePorts
from seaway.targets.local.volumes import Volumes

RENEWING = timedelta(hours=1)
"""Between two looks at the certificates: they are renewed weeks before they end."""
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
        asking = Asking(self._wardrobe.dressing)
        self._prober = Prober(clock, asking.ask, asking.settle, self._changed.set)
        self._balancing = Balancing(state, clock, self._proxy_traffic)
        self._observing = Observing(
            self._premises, asking, self._balancing, self._prober, self._changed.set
        )
        self._owners: defaultdict[InstanceId, asyncio.Lock] = defaultdict(asyncio.Lock)
        """An instance is stopped and started by one step at a time."""
        self._finishing: dict[InstanceId, asyncio.Task[None]] = {}
        self._renewing: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._observing.keeping = True
        self._renewing = asyncio.create_task(self._renew())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        tasks = [*self._finishing.values(), *([self._renewing] if self._renewing else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._observing.close()

    async def _renew(self) -> None:
        clock = self._premises.clock
        while True:
            await clock.sleep_until(clock.now() + RENEWING)
            await self._balancing.renew()

    async def observe(self) -> Sequence[Instance]:
        self._changed.clear()  # before looking: what changes from here on is told
        seen = await self._observing.observe()
        if self._observing.keeping:
            self._finish_stops(seen)
            if self._balancing.draining:
                asyncio.get_running_loop().call_later(DRAIN_LOOK, self._changed.set)
        return seen

    def plan(self, release: Release, seen: Sequence[Instance], now: datetime) -> Plan:
        for instance in seen:
            workload = release.find(instance.workload)
            if workload and workload.digest == instance.digest:
                self._prober.follow(instance.id, workload.checks)
        return rolling(release, seen, now)

    def cannot(self, release: Release) -> Sequence[Finding]:
        return shortcomings(release, self._premises, self._wardrobe.builds)

    def left_out(self, release: Release) -> frozenset[Name]:
        """Workloads that cannot be built here, for lack of a tool: the rest runs without them."""
        return left_out(release, self._premises, self._wardrobe.builds)

    async def perform(self, step: Step, release: Release) -> None:
        try:
            if isinstance(step, Create):
                await create(step, release, self._wardrobe)
            else:
                async with self._owners[step.instance.id]:
                    await self._perform(step, release)
        finally:
            self._changed.set()

    async def changed(self) -> None:
        await self._changed.wait()
        self._changed.clear()  # told once: whoever asks in a loop must not be answered for ever

    def lines(self, query: LogQuery) -> AsyncIterator[Line]:
        return logs.lines(self._premises.state, query)

    async def execute(self, instance: Instance, release: Release, argv: Sequence[str]) -> int:
        return await execute(instance, release, argv, self._wardrobe)

    async def volumes(self) -> Sequence[tuple[Name, str, int]]:
        return await asyncio.to_thread(self._wardrobe.volumes.sizes)

    async def destroy(self) -> None:
        await destroy(self._wardrobe)

    async def _perform(
        self, step: Start | Admit | Drain | Stop | Forget | Configure, release: Release
    ) -> None:
        match step:
            case Start():
                if (proxy := release.find(step.workload.name)) and proxy.role is Role.PROXY:
                    await self._balancing.prepare(step.instance.id, release)
                await start(step, release, self._wardrobe)
            case Admit():
                await self._balancing.admit(step.instance)
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
        finally:
            self._finishing.pop(instance.id, None)
            self._changed.set()

    def _proxy_traffic(self, name: InstanceId) -> ProxyTraffic:
        record = read_record(self._premises.state.instance(name))
        if record is None:
            raise NotReady(f"{name} is gone")
        return ProxyTraffic(
            self._wardrobe.dressing(record).placement(), stack=self._premises.stack,
            services=self._wardrobe.services, certificates=self._premises.state.certificates,
            clock=self._premises.clock,
        )  # fmt: skip
