"""A world made of instances alone: performs steps at once, and dies or ripens when told."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from seaway.model.instance import Instance, Phase, Traffic
from seaway.model.names import InstanceId, Name
from seaway.model.release import Release, routing_digest
from seaway.model.workload import Command, Role, Workload
from seaway.plan.restart import deaths_in_a_row
from seaway.plan.rolling import rolling
from seaway.plan.steps import Admit, Configure, Create, Drain, Forget, Start, Step, Stop

START = datetime(2026, 1, 1, tzinfo=UTC)


def workload(name: str, **changes: object) -> Workload:
    """A service of that name; `argv` makes it differ from another of the name."""
    argv = changes.pop("argv", (name,))
    base = Workload(name=Name(name), component=Name(name), program=Command(argv=argv))
    return replace(base, **changes)


def release(*workloads: Workload, number: int = 1) -> Release:
    """A release of those workloads."""
    return Release(stack=Name("test"), number=number, workloads=workloads, created=START)


@dataclass
class World:
    """What is there, and the time."""

    now: datetime = START
    instances: list[Instance] = field(default_factory=list)
    made: int = 0
    done: list[Step] = field(default_factory=list)
    watch: Callable[["World"], None] = lambda _: None

    def plan(self, wanted: Release) -> tuple[Step, ...]:
        return rolling(wanted, tuple(self.instances), self.now).steps

    def turn(self, wanted: Release, *, ripen: bool = True) -> int:
        """Look once, perform everything, let starting ones get ready; the number of steps."""
        steps = self.plan(wanted)
        for step in steps:
            self.perform(step, wanted)
            self.watch(self)
        if ripen:
            self.ripen()
            self.watch(self)
        return len(steps)

    def settle(self, wanted: Release, limit: int = 200) -> None:
        """Turn until nothing is left to do now; waits are jumped over."""
        for _ in range(limit):
            if self.turn(wanted):
                continue
            again = rolling(wanted, tuple(self.instances), self.now).again_at
            due = any(each.role is Role.SCHEDULE for each in wanted.workloads)
            if again is None or due:
                return
            self.now = again
        raise AssertionError([step.key for step in self.plan(wanted)])

    def perform(self, step: Step, wanted: Release) -> None:
        self.done.append(step)
        match step:
            case Create():
                self._create(step, wanted.number)
            case Start():
                self._set(step.instance, phase=Phase.STARTING)
            case Admit():
                self._set(step.instance, traffic=Traffic.IN, drain_started=None, weight=step.weight)
            case Drain():
                self._set(step.instance, traffic=Traffic.DRAINED, drain_started=self.now)
            case Stop():
                phase = Phase.DEAD if step.failed else Phase.DONE
                self._set(step.instance, phase=phase, traffic=Traffic.NONE)
            case Forget():
                self.instances = [i for i in self.instances if i.id != step.instance.id]
            case Configure():
                self._set(step.instance, config=routing_digest(wanted.routing))

    def _create(self, step: Create, release: int) -> None:
        self.made += 1
        self.instances.append(Instance(
            id=InstanceId(f"{step.workload.name}-{self.made}"), stack=Name("test"),
            workload=step.workload.name, digest=step.workload.digest,
            phase=Phase.STARTING if step.start else Phase.PREPARED,
            since=self.now, created=self.now + timedelta(microseconds=self.made), slot=step.slot,
            deaths=step.deaths, release=release, uses=step.workload.uses,
        ))  # fmt: skip

    def _set(self, instance: Instance, **changes: object) -> None:
        if "phase" in changes:
            changes["since"] = self.now
        self.instances = [
            replace(each, **changes) if each.id == instance.id else each for each in self.instances
        ]

    def ripen(self) -> None:
        for each in self.instances:
            if each.phase is Phase.STARTING:
                job = each.workload.endswith("before") or each.workload.startswith("job")
                self._set(each, phase=Phase.DONE if job else Phase.READY)

    def kill(self, instance: Instance, wanted: Release) -> None:
        """It dies by itself."""
        mine = wanted.find(instance.workload)
        lived = (self.now - instance.since).total_seconds()
        deaths = deaths_in_a_row(instance.deaths, lived, mine) if mine else 1
        self._set(instance, phase=Phase.DEAD, deaths=deaths, traffic=Traffic.NONE)

    def live(self, name: str) -> list[Instance]:
        return [i for i in self.instances if i.workload == name and not i.phase.over]

    def ready(self, name: str) -> list[Instance]:
        return [i for i in self.live(name) if i.phase is Phase.READY]
