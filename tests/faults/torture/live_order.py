"""S12 with real processes: they tell of their starts and ends themselves, in one pipe."""

import asyncio
from dataclasses import replace

from seaway.model.probe import Checks, ExecProbe
from seaway.model.workload import Workload
from seaway.stores.lease import ring
from tests.faults.torture.stage import Stage, stage
from tests.faults.torture.trial import Trial
from tests.faults.torture.virtual import drawn

GRAPHS, GRAPHS_SHORT = 20, 2
LARGEST = 6
LIMIT = 60.0
TELLS = """
trap 'echo "$NAME $$ end" 1<>"$PIPE"; exit 0' TERM
echo "$NAME $$ $EPOCHREALTIME" 1<>"$PIPE"
sleep 3600 &
wait $!
"""
READY_AT_ONCE = Checks(ready=ExecProbe(argv=("true",)))


async def live_orders(trial: Trial) -> None:
    """Random graphs come up and go down, one after the other."""
    for number in range(trial.times(GRAPHS, GRAPHS_SHORT)):
        folder = trial.folder / str(number)
        folder.mkdir(mode=0o755)
        async with stage(folder, f"s14-{number}") as made:
            await _graph(trial, made)


async def _graph(trial: Trial, made: Stage) -> None:
    graph = drawn(trial.chance, trial.chance.randrange(2, LARGEST + 1))
    programs = [
        replace(made.program(each.name, TELLS, checks=READY_AT_ONCE), uses=each.uses)
        for each in graph
    ]
    made.want(*programs)
    await made.supervise()
    await made.until(lambda: len(made.started) == len(graph), LIMIT)
    made.ledger.want_nothing()
    ring(made.state.wake)
    assert made.supervisor is not None
    async with asyncio.timeout(LIMIT):
        await made.supervisor.wait()
    await made.until(lambda: len(made.order) == 2 * len(graph), LIMIT)
    trial.tally.faults += len(graph)
    trial.tally.leaks += len(made.processes())
    for wrong in _broken(programs, [(name, word == "end") for name, word in made.order]):
        trial.tally.demand(claim=False, otherwise=wrong)


def _broken(programs: list[Workload], order: list[tuple[str, bool]]) -> list[str]:
    """What began before what it uses, and what ended before what uses it."""
    place = {told: number for number, told in enumerate(order)}
    found = []
    for each in programs:
        for used in each.uses:
            if place[used, False] > place[each.name, False]:
                found.append(f"{each.name} began before {used}")
            if place[used, True] < place[each.name, True]:
                found.append(f"{used} ended before {each.name}")
    return found
