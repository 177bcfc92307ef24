"""Autoscale: looks at the figures of services that scale by themselves, and changes their number.

It only writes down how many copies there should be; the supervisor brings them about, and takes
copies away like in any rollout: out of the balancer first, then ended (R8).
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Protocol

from seaway.engine.jobs import ask, waiting_in
from seaway.engine.measuring import Measured, follow
from seaway.errors import SeawayError
from seaway.model.instance import Instance, Phase
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.workload import Workload
from seaway.plan.scaling import Course, Reading, decided
from seaway.ports.alarm import Alarm, unheard
from seaway.ports.clock import Clock
from seaway.ports.ledger import Event, Ledger
from seaway.ports.meter import Meter
from seaway.ports.target import Asks, Tails

LOOK = timedelta(seconds=5)
QUEUE_LOOK = timedelta(seconds=15)
"""Asking a queue starts a program."""
WINDOW = 15
"""Seconds over which requests are counted."""


class Platform(Asks, Tails, Protocol):
    """A target that can be asked inside of its instances, and whose logs can be read."""


@dataclass(slots=True, kw_only=True)
class Autoscaler:
    """One stack; runs beside its supervisor."""

    ledger: Ledger
    target: Platform
    meter: Meter
    clock: Clock
    ring: Callable[[], None]
    """Tells the supervisor that the ledger has something new."""
    alarm: Alarm = unheard
    _courses: dict[Name, Course] = field(default_factory=dict[Name, Course])
    _queues: dict[Name, tuple[datetime, int | None]] = field(
        default_factory=dict[Name, tuple[datetime, int | None]]
    )
    _measured: Measured = field(default_factory=Measured)
    _follower: "asyncio.Task[None] | None" = None
    """Counts requests, where a service scales by them."""
    _since: datetime | None = None

    async def run(self) -> None:
        """For ever. A look that fails is told of, and the next one is made all the same."""
        try:
            while True:
                await self.clock.sleep_until(self.clock.now() + LOOK)
                try:
                    release = self.ledger.wanted()
                    if release and self._concerned(release):
                        await self._look(release, self.ledger.seen())
                except (OSError, SeawayError) as error:
                    facts = {"problem": str(error), "path": getattr(error, "filename", "") or "?"}
                    self.alarm("SW540", facts)
        finally:
            if self._follower:
                self._follower.cancel()

    def _concerned(self, release: Release) -> bool:
        """Whether something scales by itself, or did; else what was seen need not be read."""
        scales = any(each.scaling for each in release.workloads)
        return scales or bool(self._courses or self._follower)

    async def _look(self, release: Release, seen: Sequence[Instance]) -> None:
        self._count_requests(release)
        for workload in release.workloads:
            # Figures of old and new copies together say nothing.
            if workload.scaling is None or _replaced(workload, seen):
                self._courses.pop(workload.name, None)
            else:
                await self._decide(workload, release, seen)

    def _count_requests(self, release: Release) -> None:
        """Begin with the first service that scales by them; begin again where that broke off."""
        wanted = any(each.scaling.rps or each.scaling.p95 for each in release.workloads
                     if each.scaling)  # fmt: skip
        now = self.clock.now()
        if wanted and (self._follower is None or self._follower.done()):
            self._measured, self._since = Measured(), now
            self._follower = asyncio.create_task(
                follow(self.target, release, now, self._measured), name="count requests"
            )
        self._measured.forget(now.timestamp() - 2 * WINDOW)

    async def _decide(
        self, workload: Workload, release: Release, seen: Sequence[Instance]
    ) -> None:  # fmt: skip
        scaling, now = workload.scaling, self.clock.now()
        if scaling is None:
            return
        reading = self._with_requests(workload, await self.meter.read(workload, seen))
        if scaling.queue:
            reading = replace(reading, waiting=await self._waiting(workload, release, seen))
        course = self._courses.get(workload.name, Course())
        decision = decided(scaling, course, reading, workload.replicas, now)
        self._courses[workload.name] = decision.course
        if decision.copies != workload.replicas:
            self.ledger.scale({workload.name: decision.copies})
            self.ring()
            self._tell(workload, decision.copies, decision.by, reading)

    def _with_requests(self, workload: Workload, reading: Reading) -> Reading:
        """With what the ingress said of the last whole seconds, once it has been heard so long."""
        now = self.clock.now()
        if self._since is None or now - self._since < timedelta(seconds=WINDOW + 1):
            return reading
        end = int(now.timestamp())
        found = self._measured.between(end - WINDOW, end, lambda name, _: name == workload.name)
        return replace(
            reading, rps=found.requests / WINDOW,
            p95=found.quantile(0.95) if found.requests else None,
        )  # fmt: skip

    async def _waiting(
        self, workload: Workload, release: Release, seen: Sequence[Instance]
    ) -> int | None:  # fmt: skip
        """Jobs in its queue, asked now and then; None where nobody can tell."""
        now = self.clock.now()
        at, count = self._queues.get(workload.name, (now - QUEUE_LOOK, None))
        if workload.scaling is None or now - at < QUEUE_LOOK:
            return count
        try:
            stats = await ask(release, seen, self.target, ("stats",), by=workload.name)
            count = waiting_in(stats.value, workload.scaling.queue)
        except SeawayError:
            count = None
        self._queues[workload.name] = now, count
        return count

    def _tell(self, workload: Workload, copies: int, by: str, reading: Reading) -> None:
        figure = {"cpu": reading.cpu, "rps": reading.rps, "p95": reading.p95,
                  "queue": reading.waiting}.get(by)  # fmt: skip
        facts: dict[str, str | int | float] = {
            "name": workload.name, "before": workload.replicas, "copies": copies, "by": by,
            "figure": "-" if figure is None else round(figure, 3),
        }  # fmt: skip
        self.ledger.tell(Event(at=self.clock.now(), code="SW591", facts=facts))


def _replaced(workload: Workload, seen: Sequence[Instance]) -> bool:
    """Whether copies of another release are still there."""
    mine = (each for each in seen if each.workload == workload.name)
    over = {Phase.DEAD, Phase.DONE, Phase.STOPPING}
    return any(each.digest != workload.digest for each in mine if each.phase not in over)
