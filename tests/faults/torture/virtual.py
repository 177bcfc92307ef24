"""S7 and S12 under a clock turned by hand: pauses to the letter, order without exception."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from seaway.engine.supervise import Supervisor
from seaway.model.instance import Instance, Phase
from seaway.model.names import InstanceId, Name
from seaway.model.release import Release
from seaway.model.workload import Command, Restarting, Workload
from seaway.plan.order import start_order
from seaway.plan.steps import Create, Start, Step, Stop
from seaway.stores.ledger import SqliteLedger
from seaway.targets.memory import MemoryTarget
from tests.fakes.clock import AtOnce, HandClock, quiet
from tests.faults.torture.trial import Trial

STACK = Name("virtual")
INSTANT = timedelta(milliseconds=1)
DELAYS, DELAYS_SHORT = 1000, 150
GRAPHS, GRAPHS_SHORT = 1000, 20
LARGEST = 9
"""Workloads of a random graph."""


class Slow(MemoryTarget):
    """Programs that take their time to get ready and to end, and are watched for their order."""

    def __init__(self, clock: HandClock, chance: random.Random) -> None:
        super().__init__(STACK, clock)
        self._hand, self._chance = clock, chance
        self.broken_order: list[str] = []
        self.started = 0

    async def perform(self, step: Step, release: Release) -> None:
        match step:
            case Start():
                await self._started(step, release)
            case Create() if step.start:
                await self._started(step, release)
            case Stop():
                self._check_stop(step)
                await self._pass()
                await super().perform(step, release)
            case _:
                await super().perform(step, release)

    async def _started(self, step: Start | Create, release: Release) -> None:
        self._check_start(step)
        self.never_ready(step.workload.name)
        await super().perform(step, release)
        mine = [each for each in self._instances.values() if each.workload == step.workload.name]
        await self._pass()
        if self._now(mine[-1].id) is Phase.STARTING:
            self.recover(mine[-1].id)

    def _check_start(self, step: Start | Create) -> None:
        self.started += 1
        ready = {each.workload for each in self._instances.values() if each.phase is Phase.READY}
        if missing := set(step.workload.uses) - ready:
            self.broken_order.append(f"{step.workload.name} before {missing}")

    def _check_stop(self, step: Stop) -> None:
        live = [each for each in self._instances.values() if not each.phase.over]
        users = [each.workload for each in live if step.instance.workload in each.uses]
        if users:
            self.broken_order.append(f"{step.instance.workload} stopped while {users} run")

    def _now(self, name: InstanceId) -> Phase | None:
        found = self._instances.get(name)
        return found.phase if found else None

    async def _pass(self) -> None:
        pause = timedelta(milliseconds=self._chance.randrange(5000))
        await self._hand.sleep_until(self._hand.now() + pause)


@dataclass
class Play:
    """A supervisor at work in a time of our own."""

    clock: HandClock
    target: MemoryTarget
    ledger: SqliteLedger
    bell: "asyncio.Queue[int]" = field(default_factory=asyncio.Queue[int])
    task: asyncio.Task[None] | None = None

    async def want(self, *workloads: Workload) -> None:
        self.ledger.record(Release(stack=STACK, workloads=workloads))
        await self.ring()

    async def ring(self) -> None:
        if self.task is None:
            supervisor = Supervisor(STACK, self.ledger, self.target, self.clock, self.bell.get)
            self.task = asyncio.create_task(supervisor.run())
        self.bell.put_nowait(1)
        await quiet()

    async def seen(self) -> Sequence[Instance]:
        return await self.target.observe()


@asynccontextmanager
async def play(folder: Path, clock: HandClock, target: MemoryTarget) -> AsyncIterator[Play]:
    """Begin with nothing; afterwards nobody supervises."""
    asyncio.get_running_loop().set_default_executor(AtOnce())
    made = Play(clock, target, SqliteLedger(folder / "ledger.db"))
    try:
        yield made
    finally:
        if made.task:
            made.task.cancel()
            await asyncio.gather(made.task, return_exceptions=True)
        made.ledger.close()
        for file in folder.glob("ledger.db*"):
            file.unlink()


# -------------------------------------------------------------------------------------- S7: pauses


async def pauses(trial: Trial) -> None:
    """Programs die after lives of all lengths; each comes back when the written rule says."""
    wanted = trial.times(DELAYS, DELAYS_SHORT)
    while trial.tally.faults < wanted and not trial.tally.wrong:
        await _row(trial)


async def _row(trial: Trial) -> None:
    """One program with figures of its own, until it is given up or has died fifteen times."""
    chance = trial.chance
    rule = Restarting(
        first=timedelta(milliseconds=chance.randrange(50, 5000)),
        longest=timedelta(seconds=chance.randrange(5, 120)),
        stable=timedelta(seconds=chance.randrange(1, 60)), tries=chance.randrange(2, 14),
    )  # fmt: skip
    clock = HandClock()
    target = MemoryTarget(STACK, clock)
    async with play(trial.folder, clock, target) as it:
        program = Workload(
            name=Name("api"), component=Name("api"), program=Command(argv=("api",)), restarting=rule
        )  # fmt: skip
        await it.want(program)
        await clock.turn(by=INSTANT)
        row = 0
        for _ in range(15):
            lived = rule.stable * chance.choice((0.1, 0.5, 0.9, 1.0, 3.0))
            row = 1 if lived >= rule.stable else row + 1
            if not await _died(trial, it, lived, _written(rule, row)):
                return


def _written(rule: Restarting, row: int) -> timedelta | None:
    """The rule in other words: at once, then `first` doubled up to `longest`, at last never."""
    if row >= rule.tries:
        return None
    pause = timedelta(0)
    for number in range(2, row + 1):
        pause = rule.first if number == 2 else pause * 2
    return min(pause, rule.longest)


async def _died(trial: Trial, it: Play, lived: timedelta, pause: timedelta | None) -> bool:
    """Let it live so long and die; compare the next start with the rule. False: given up."""
    tally = trial.tally
    [one] = [each for each in await it.seen() if not each.phase.over]
    await it.clock.turn(by=one.created + lived - it.clock.now())
    it.target.kill(one.id)
    died = it.clock.now()
    tally.faults += 1
    await it.clock.turn(by=timedelta(hours=2) if pause is None else pause * 0.99)
    early = [each for each in await it.seen() if not each.phase.over]
    if pause is None:
        tally.demand(not early, "one that was given up was started")
        return False
    tally.demand(not early or not pause, f"back before {pause}")
    await it.clock.turn(by=pause * 0.01 + INSTANT)
    back = [each for each in await it.seen() if not each.phase.over]
    tally.demand(back, f"not back after {pause}")
    if back:
        late = back[0].created - died - pause
        tally.demand(timedelta(0) <= late <= INSTANT, f"{late} later than {pause}")
    return bool(back)


# --------------------------------------------------------------------------------------- S12: order


async def orders(trial: Trial) -> None:
    """Random graphs come up and go down, with deaths on the way; nothing is ever out of order."""
    for _ in range(trial.times(GRAPHS, GRAPHS_SHORT)):
        await _graph(trial)


async def _graph(trial: Trial) -> None:
    chance, clock = trial.chance, HandClock()
    target = Slow(clock, chance)
    async with play(trial.folder, clock, target) as it:
        workloads = drawn(chance, chance.randrange(2, LARGEST + 1))
        await it.want(*workloads)
        for _ in range(chance.randrange(1, 8)):
            await clock.turn(by=timedelta(milliseconds=chance.randrange(1, 4000)))
            live = [each for each in await it.seen() if each.phase is Phase.READY]
            if live and chance.random() < 0.3:
                target.kill(chance.choice(live).id)
        await clock.turn(by=timedelta(minutes=2))
        ready = {each.workload for each in await it.seen() if each.phase is Phase.READY}
        trial.tally.demand(ready == {each.name for each in workloads}, f"only {ready} came up")
        it.ledger.want_nothing()
        await it.ring()
        await clock.turn(by=timedelta(minutes=10))
        trial.tally.demand(not await it.seen(), "something did not go down")
    trial.tally.faults += target.started
    trial.tally.demand(not target.broken_order, "; ".join(target.broken_order[:3]))


def drawn(chance: random.Random, count: int) -> tuple[Workload, ...]:
    """Workloads that use one another in a random way without circles, in start order."""
    names = [Name(f"w{number}") for number in range(count)]
    uses: dict[Name, set[Name]] = defaultdict(set)
    for number, name in enumerate(names):
        uses[name] = {other for other in names[:number] if chance.random() < 0.4}
    return tuple(
        Workload(
            name=name, component=name, program=Command(argv=(name,)),
            uses=tuple(sorted(uses[name])),
        )
        for name in start_order(uses)
    )  # fmt: skip
