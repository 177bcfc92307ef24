"""The memory target: pretends to run a stack. For dry runs, demonstrations and tests."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import TracebackType
from typing import Self, assert_never

from seaway.errors import StepFailed
from seaway.model.finding import Finding
from seaway.model.instance import FULL, Address, Instance, Phase, Traffic
from seaway.model.names import Digest, InstanceId, Name
from seaway.model.release import Release
from seaway.model.workload import Role, Workload
from seaway.plan.restart import deaths_in_a_row
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

FIRST_PORT = 20000


class MemoryTarget:
    """Instances that are values only; every step is done at once, the same way each time.

    `kill`, `finish` and `fail_ready` do what the world does to real ones.
    """

    name = "memory"

    def __init__(self, stack: Name, clock: Clock) -> None:
        self._stack, self._clock = stack, clock
        self._instances: dict[InstanceId, Instance] = {}
        self._workloads: dict[InstanceId, Workload] = {}
        self._before: dict[InstanceId, int] = {}
        self._never_ready: set[Name] = set()
        self._number = 0
        self._changed = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        """Nothing is held."""

    async def observe(self) -> Sequence[Instance]:
        self._changed.clear()
        return tuple(self._instances[name] for name in sorted(self._instances))

    def plan(self, release: Release, seen: Sequence[Instance], now: datetime) -> Plan:
        return rolling(release, seen, now)

    def cannot(self, release: Release) -> Sequence[Finding]:
        del release  # it can pretend everything
        return ()

    async def perform(self, step: Step, release: Release) -> None:  # noqa: C901, PLR0912 -- one branch a step
        if isinstance(step, Arrange):
            raise StepFailed("SW347", member=step.instance.id, left="-")  # it has no leaders
        match step:
            case Create():
                self._create(step, release.number)
            case Start():
                self._start(step.instance.id, step.workload)
            case Admit():
                self._route(step.instance, Traffic.IN, None, step.weight)
            case Drain():
                self._route(step.instance, Traffic.DRAINED, self._clock.now())
            case Stop():
                self._stop(step)
            case Forget():
                self._forget(step.instance.id)
            case Configure():
                self._configure(step.instance.id, step.routing)
            case _:
                assert_never(step)
        self._changed.set()

    async def changed(self) -> None:
        await self._changed.wait()
        self._changed.clear()

    def kill(self, name: InstanceId) -> None:
        """Let an instance die, as by SIGKILL."""
        self._die(name, "killed by SIGKILL")

    def finish(self, name: InstanceId, status: int = 0) -> None:
        """Let a program end by itself."""
        job = self._workloads[name].role in {Role.JOB, Role.SCHEDULE}
        if job and status == 0:
            self._enter(name, Phase.DONE, "")
        else:
            self._die(name, f"exit {status}")

    def fail_ready(self, name: InstanceId, reason: str = "answered 503") -> None:
        """Let the ready probe of a ready instance fail from now on."""
        self._enter(name, Phase.UNREADY, reason)

    def recover(self, name: InstanceId) -> None:
        """Let the ready probe of an instance answer again."""
        self._enter(name, Phase.READY, "")

    def sicken(self, name: InstanceId, reason: str = "live check failed: answered 500") -> None:
        """Let the live probe of an instance fail."""
        self._enter(name, Phase.SICK, reason)

    def never_ready(self, workload: Name) -> None:
        """Let instances of a workload that start from now on stay in STARTING."""
        self._never_ready.add(workload)

    def _create(self, step: Create, release: int) -> None:
        live = (each for each in self._instances.values() if not each.phase.over)
        workload = step.workload
        if any(
            each.workload == workload.name and each.slot == step.slot
            and each.digest == workload.digest for each in live
        ):  # fmt: skip
            return
        self._number += 1
        name, now = InstanceId(f"{workload.name}-{self._number:04}"), self._clock.now()
        self._workloads[name], self._before[name] = workload, step.deaths
        self._instances[name] = Instance(
            id=name, stack=self._stack, workload=workload.name, digest=workload.digest,
            phase=Phase.PREPARED, since=now, created=now, slot=step.slot, deaths=step.deaths,
            release=release, uses=workload.uses, addresses=self._addresses(workload),
        )  # fmt: skip
        if step.start:
            self._start(name, workload)

    def _addresses(self, workload: Workload) -> Mapping[str, Address]:
        return {
            port: Address(host="127.0.0.1", port=FIRST_PORT + self._number * 10 + index)
            for index, port in enumerate(workload.ports)
        }

    def _start(self, name: InstanceId, workload: Workload) -> None:
        instance = self._instances.get(name)
        if instance is None or instance.phase is not Phase.PREPARED:
            return
        late = workload.name in self._never_ready
        self._enter(instance.id, Phase.STARTING if late else Phase.READY, "")

    def _stop(self, step: Stop) -> None:
        instance = self._instances.get(step.instance.id)
        if instance is None or instance.phase.over:
            return
        if step.failed:
            self._die(instance.id, step.why)
        else:
            self._enter(instance.id, Phase.DONE, step.why)

    def _route(
        self, known: Instance, traffic: Traffic, drained: datetime | None, weight: int = FULL
    ) -> None:  # fmt: skip
        if instance := self._instances.get(known.id):
            changed = replace(instance, traffic=traffic, drain_started=drained, weight=weight)
            self._instances[known.id] = changed

    def _configure(self, name: InstanceId, routing: Digest) -> None:
        if instance := self._instances.get(name):
            self._instances[name] = replace(instance, config=routing)

    def _die(self, name: InstanceId, reason: str) -> None:
        instance = self._instances[name]
        lived = (self._clock.now() - instance.created).total_seconds()
        deaths = deaths_in_a_row(self._before[name], lived, self._workloads[name])
        self._enter(name, Phase.DEAD, reason)
        self._instances[name] = replace(self._instances[name], deaths=deaths)

    def _forget(self, name: InstanceId) -> None:
        instance = self._instances.get(name)
        if instance and instance.phase.over:
            del self._instances[name]
            del self._workloads[name]
            del self._before[name]

    def _enter(self, name: InstanceId, phase: Phase, reason: str) -> None:
        instance = self._instances[name]
        traffic = Traffic.NONE if phase.over else instance.traffic
        self._instances[name] = replace(
            instance, phase=phase, since=self._clock.now(), reason=reason, traffic=traffic
        )
        self._changed.set()
