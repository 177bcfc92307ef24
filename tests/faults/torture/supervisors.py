"""T02: the supervisor is killed at any moment, also while it starts something (S2).

No service is doubled or restarted by that: each has been started once more than it was killed.
"""

import asyncio
import contextlib
import os
import signal
import time
from collections import Counter
from datetime import timedelta

from seaway.model.workload import Restarting
from tests.faults.torture.stage import Ends, Stage, stage
from tests.faults.torture.trial import Trial, share

SERVICES = 10
KILLS, KILLS_SHORT = 200, 12
LOADED = 0.9
"""Seconds in which a supervisor loads, adopts, and has something to do."""
STARTING = 0.03
"""Seconds from a death to the execution of its successor."""
ADOPTED = "SW535"
QUICK = Restarting(stable=timedelta(milliseconds=1), first=timedelta(milliseconds=1))


async def killed_supervisors(trial: Trial) -> None:
    """Start one, let something happen, kill it, start the next."""
    async with stage(trial.folder, "t02") as made:
        names = [f"s{number:02}" for number in range(SERVICES)]
        made.want(*(made.program(name, restarting=QUICK) for name in names))
        await made.supervise()
        await made.until(lambda: len(made.started) == SERVICES)
        await made.kill_supervisor()
        killed: Counter[str] = Counter()
        adopting: list[tuple[float, float]] = []
        for number in range(trial.times(KILLS, KILLS_SHORT)):
            adopting += await _round(made, trial, killed, starting=bool(number % 2))
            trial.tally.faults += 1
        await made.supervise()
        expected = {name: 1 + killed[name] for name in names}
        with contextlib.suppress(TimeoutError):
            await made.until(lambda: _counts(made) == expected, 20)
        await asyncio.sleep(1.0)  # time enough for what must not happen
        _judge(trial, made, expected, adopting)


async def _round(
    made: Stage, trial: Trial, killed: Counter[str], *, starting: bool
) -> list[tuple[float, float]]:  # fmt: skip
    """One supervisor's life; the seconds it took to adopt all, if it came so far.

    Since it was started, and since it had the lease, where that was seen; else 0.
    """
    chance, begun, last = trial.chance, time.time(), made.ledger.last_event()
    await made.start_supervisor()
    assert made.supervisor is not None
    leased = 0.0
    if starting:
        await made.leased()
        leased = time.time()
        await asyncio.sleep(chance.uniform(0.05, 0.2))
        if shim := _kill_one(made, trial, killed):
            await shim.moment()
        await asyncio.sleep(chance.uniform(0, STARTING))
    else:
        until = chance.uniform(0, LOADED)
        await asyncio.sleep(until / 2)
        _kill_one(made, trial, killed)
        await asyncio.sleep(until / 2)
    children = [os.pidfd_open(pid) for pid in _children(made.supervisor.pid)]
    await made.kill_supervisor()
    trial.tally.leaks += await _left(children)
    told = [each for each in made.ledger.events(last) if each.code == ADOPTED]
    moments = [each.at.timestamp() for each in told]
    return [(moment - begun, moment - leased if leased else 0.0) for moment in moments]


def _kill_one(made: Stage, trial: Trial, killed: Counter[str]) -> Ends | None:
    """Kill a service that has told of itself, and remember that we did."""
    living = made.living()
    name = trial.chance.choice(sorted(made.started))
    for _, state in living[name]:
        if state.pid and state.pid == made.started[name][-1][0]:
            shim = Ends(state.shim)
            os.kill(state.pid, signal.SIGKILL)
            killed[name] += 1
            return shim
    return None


def _children(pid: int) -> list[int]:
    with contextlib.suppress(OSError), open(f"/proc/{pid}/task/{pid}/children") as file:  # noqa: PTH123
        return [int(each) for each in file.read().split()]
    return []


async def _left(pins: list[int]) -> int:
    """How many of its helpers outlived it by a second."""
    left = 0
    for pin in pins:
        over = asyncio.Event()
        asyncio.get_running_loop().add_reader(pin, over.set)
        try:
            async with asyncio.timeout(1):
                await over.wait()
        except TimeoutError:
            left += 1
        asyncio.get_running_loop().remove_reader(pin)
        os.close(pin)
    return left


def _counts(made: Stage) -> dict[str, int]:
    return {name: len(found) for name, found in made.started.items()}


def _judge(
    trial: Trial, made: Stage, expected: dict[str, int], adopting: list[tuple[float, float]]
) -> None:  # fmt: skip
    tally = trial.tally
    tally.mending = [since_start for since_start, _ in adopting]
    since_lease = [seconds for _, seconds in adopting if seconds]
    more = sum(max(0, len(made.started[name]) - count) for name, count in expected.items())
    fewer = sum(max(0, count - len(made.started[name])) for name, count in expected.items())
    tally.executed_twice = len(made.doubles)
    tally.more |= {
        "killed_services": sum(expected.values()) - SERVICES, "restarted": more,
        "adopted": len(adopting), "lease_to_adopted_p50": share(since_lease, 0.5),
        "lease_to_adopted_p99": share(since_lease, 0.99),
    }  # fmt: skip
    tally.demand(not made.doubles, f"a second copy ran of {made.doubles}")
    tally.demand(not more, f"started {more} times more often than killed")
    tally.demand(not fewer, f"{fewer} killed services did not come back")
    tally.demand(adopting, "no supervisor lived long enough to adopt anything")
    tally.demand(len(made.processes()) == SERVICES, "not as many processes as services")
    judged, limit = (tally.mending, 500.0) if trial.full else (since_lease, 5000.0)
    late = share(judged, 0.99)  # to load Python takes as long as a busy machine lets it take
    tally.demand(late <= limit, f"adopted after {late} ms, more than {limit}")
