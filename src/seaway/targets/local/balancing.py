"""Balancing: tells the proxy which instances get requests; without a proxy, only remembers it."""

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from seaway.errors import SeawayError
from seaway.model.instance import FULL, Instance, Traffic
from seaway.model.names import Digest, InstanceId
from seaway.model.release import Release
from seaway.model.workload import Role
from seaway.ports.clock import Clock
from seaway.targets.local import launch
from seaway.targets.local.marks import Happened, Mark, clear_mark, read_mark, write_mark
from seaway.targets.local.part import NotReady
from seaway.targets.local.process import Life
from seaway.targets.local.sighting import Sighting
from seaway.targets.local.state import StateFolder
from seaway.targets.local.traffic import ProxyTraffic


def _process_runs(folder: Path) -> bool:
    return launch.state(folder).life is Life.RUNNING


class Balancing:
    """The traffic of one stack."""

    def __init__(
        self, state: StateFolder, clock: Clock, proxy_of: Callable[[InstanceId], ProxyTraffic],
        runs: Callable[[Path], bool] = _process_runs,
    ) -> None:  # fmt: skip
        """`runs` tells of the folder of an instance whether it does."""
        self._state, self._clock, self._proxy_of, self._runs = state, clock, proxy_of, runs
        self._proxy: InstanceId | None = None
        """The running proxy, as last seen."""
        self._expected = False
        self._alive: frozenset[InstanceId] = frozenset()
        self._traffic: Mapping[InstanceId, Traffic] = {}
        self._config = Digest("")
        self._proxies: dict[InstanceId, ProxyTraffic] = {}

    async def look(self, sightings: Sequence[Sighting]) -> None:
        """Ask the proxy, or the marks. What a busy proxy said last still counts."""
        proxies = [each for each in sightings if each.record.workload.role is Role.PROXY]
        running = [each.record.id for each in proxies if each.runs and not each.stopping]
        self._expected = bool(proxies)
        self._alive = frozenset(
            each.record.id for each in sightings if each.runs and not each.stopping
        )
        if not running:
            self._proxy, self._config = None, Digest("")
            self._traffic = {} if proxies else dict(map(_by_marks, sightings))
            self._proxies.clear()
            return
        if self._proxy != running[-1]:
            self._proxy, self._config, self._traffic = running[-1], Digest(""), {}
        try:
            self._traffic = await self._running(running[-1]).observe()
            self._config = await self._running(running[-1]).config()
        except (NotReady, SeawayError, OSError, ValueError):
            return

    def traffic(self, name: InstanceId) -> Traffic:
        return self._traffic.get(name, Traffic.NONE)

    def config(self, name: InstanceId) -> Digest:
        """The routing that an instance works by, if it is the proxy."""
        return self._config if name == self._proxy else Digest("")

    @property
    def draining(self) -> bool:
        """Whether something will change that nobody tells of."""
        return Traffic.DRAINING in self._traffic.values()

    def weight(self, name: InstanceId) -> int:
        """How many requests it gets beside the others."""
        proxy = self._proxies.get(self._proxy) if self._proxy else None
        return proxy.weights.get(name, FULL) if proxy else FULL

    async def admit(self, instance: Instance, weight: int = FULL) -> None:
        folder = self._state.instance(instance.id)
        if self._proxy:
            await self._running(self._proxy).admit(instance, weight)
        elif not self._expected:
            write_mark(folder, Mark.ADMITTED, Happened(self._clock.now()))
        clear_mark(folder, Mark.DRAIN)

    async def drain(self, instance: Instance) -> None:
        folder = self._state.instance(instance.id)
        if instance.drain_started is None:  # what has begun earlier has had its time
            with contextlib.suppress(OSError):  # without a place for it, it has no time limit
                write_mark(folder, Mark.DRAIN, Happened(self._clock.now()))
        if self._proxy:
            await self._running(self._proxy).drain(instance)

    async def withdraw(self, instance: Instance) -> None:
        """Take out what is about to stop, without waiting for what it has in hand."""
        if self._proxy and self.traffic(instance.id) is Traffic.IN:
            with contextlib.suppress(SeawayError, NotReady):  # it stops, whatever the proxy says
                await self._running(self._proxy).drain(instance)

    async def remove(self, instance: Instance) -> None:
        """Let the proxy forget an instance that is over.

        Raises:
            StepFailed: a running proxy did not: its port must not be given to another yet.
        """
        self._proxies.pop(instance.id, None)
        if instance.id not in self._traffic:
            return
        try:
            if self._proxy:
                await self._running(self._proxy).remove(instance)
        except (SeawayError, NotReady):
            if self._proxy_runs():
                raise

    async def prepare(self, proxy: InstanceId, release: Release) -> None:
        """Write the configuration of a proxy that is about to start."""
        await self._running(proxy).prepare(release.routing, self._alive)

    @property
    def running(self) -> InstanceId | None:
        """The proxy that runs, as last seen."""
        return self._proxy

    @property
    def proxy(self) -> ProxyTraffic | None:
        """The same, to be spoken to."""
        with contextlib.suppress(NotReady):
            return self._running(self._proxy) if self._proxy else None
        return None

    async def configure(self, proxy: InstanceId, release: Release) -> None:
        """Change a running proxy to the routing of a release."""
        await self._running(proxy).configure(release.routing)

    def _proxy_runs(self) -> bool:
        """Whether there is a proxy now, and one that is to stay."""
        if self._proxy is None:
            return False
        folder = self._state.instance(self._proxy)
        stopping = read_mark(folder, Mark.STOPPING) is not None
        return self._runs(folder) and not stopping

    def _running(self, name: InstanceId) -> ProxyTraffic:
        if name not in self._proxies:
            self._proxies[name] = self._proxy_of(name)
        return self._proxies[name]


def _by_marks(sighting: Sighting) -> tuple[InstanceId, Traffic]:
    if Mark.ADMITTED not in sighting.marks or not sighting.runs:
        return sighting.record.id, Traffic.NONE
    return sighting.record.id, (
        Traffic.DRAINED if Mark.DRAIN in sighting.marks else Traffic.IN
    )  # fmt: skip
