"""T01: random services are killed; each is back at once, and there is never a second copy (S1)."""

import asyncio
import os
import signal
import time
from datetime import timedelta

from seaway.model.workload import Restarting
from tests.faults.torture.executions import Executions, executions
from tests.faults.torture.stage import Ends, Stage, stage
from tests.faults.torture.trial import Trial, share

SERVICES = 20
KILLS, KILLS_SHORT = 500, 40
STABLE = timedelta(milliseconds=100)
"""A life so long counts as one: the pauses of a crash loop are another test's subject."""
APART = 0.05
"""Seconds between the end of one recovery and the next kill."""


async def killed_services(trial: Trial) -> None:
    """Kill one of twenty after another, and time its way back."""
    with executions() as executed:
        await _killed_on(trial, executed)


async def _killed_on(trial: Trial, executed: Executions) -> None:
    async with stage(trial.folder, "t01") as made:
        restarting = Restarting(stable=STABLE)
        names = [f"s{number:02}" for number in range(SERVICES)]
        made.want(*(made.program(name, restarting=restarting) for name in names))
        await made.supervise()
        await made.until(lambda: len(made.started) == SERVICES)
        await asyncio.sleep(1.5)
        decided: list[tuple[float, float]] = []
        for _ in range(trial.times(KILLS, KILLS_SHORT)):
            await asyncio.sleep(APART + STABLE.total_seconds() * (trial.chance.random() + 1))
            decided.append(await _killed(made, executed, trial, trial.chance.choice(names)))
        _judge(trial, made, decided)


async def _killed(
    made: Stage, executed: Executions, trial: Trial, name: str
) -> tuple[float, float]:  # fmt: skip
    """Kill it; the seconds from the end of its shim, which the supervisor sees too, to the next
    execution, and to the first word of what was executed."""
    tally, before = trial.tally, len(made.started[name])
    [(_, state)] = made.living()[name]
    shim = Ends(state.shim)
    killed = time.time()
    os.kill(state.pid, signal.SIGKILL)
    told = await shim.moment()
    await made.until(lambda: len(made.started[name]) > before)
    pid, spoken = made.started[name][-1]
    tally.faults += 1
    tally.mending.append(spoken - killed)
    tally.demand(len(made.started[name]) == before + 1, f"{name} was started more than once")
    return executed.of(pid, spoken) - told, spoken - told


def _judge(trial: Trial, made: Stage, found: list[tuple[float, float]]) -> None:
    tally, decided = trial.tally, [each for each, _ in found]
    copies = {name: len(found) for name, found in made.living().items()}
    tally.executed_twice = len(made.doubles)
    tally.demand(not made.doubles, f"a second copy ran of {made.doubles}")
    tally.demand(set(copies.values()) == {1}, f"copies at the end: {copies}")
    tally.demand(len(made.processes()) == SERVICES, "there are not as many processes as services")
    limit = trial.limit(15.0, 5000.0)
    for part, word in ((0.5, "p50"), (0.99, "p99"), (1.0, "max")):
        tally.more[f"decided_{word}"] = share(decided, part)
        tally.more[f"spoken_{word}"] = share([each for _, each in found], part)
    tally.demand(share(decided, 0.99) <= limit, f"from death known to execution over {limit} ms")
