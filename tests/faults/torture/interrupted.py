"""T12: `deploy` and the supervisor are killed at every step of a release (R6).

Afterwards the old release serves, or the new one, exactly; nothing is locked, and nobody who asked
meanwhile has lost anything.
"""

import asyncio
import contextlib
import os
import signal
import sys
import time

from seaway.model.instance import Phase
from seaway.ports.ledger import Verdict
from seaway.stores.lease import holder
from tests.faults.torture.town import Connection, Load, Town, own_environment, town
from tests.faults.torture.trial import Trial, share

KILLS, KILLS_SHORT = 66, 5
STEPS = 22
"""Events of a release of two copies, from the first to the last."""
HEALED = 10.0
"""Seconds (R6)."""
VICTIMS = ("supervisor", "command", "both")


async def killed_deploys(trial: Trial) -> None:
    """At another step each time, another victim each time."""
    async with town(trial, "t12") as made:
        load = Load(made.port)
        try:
            async with load.running(clients=6):
                for number in range(trial.times(KILLS, KILLS_SHORT)):
                    step = number * STEPS // 2 % STEPS if not trial.full else number % STEPS
                    load.doing = f"{number} step {step}"
                    await one(made, trial, number, step)
        finally:
            await end_supervisor(made)
        tally = trial.tally
        await made.noted()
        tally.requests, tally.lost = load.requests, load.lost.total()
        tally.executed_twice = made.executed_twice()
        tally.more |= {"paid": load.paid, "versions": len(load.versions)}
        tally.demand(not tally.lost, f"{tally.lost} were lost: {load.moments[:9]}")
        tally.demand(not tally.executed_twice, f"{tally.executed_twice} were made twice")
        late = share(tally.mending, 1) / 1000
        tally.demand(late <= trial.limit(HEALED, 4 * HEALED), f"healed after {late:.1f} s")


async def one(made: Town, trial: Trial, number: int, step: int) -> None:
    """A deploy is killed there, or its supervisor, or both; it heals to old or new exactly."""
    victim, tally = VICTIMS[number % len(VICTIMS)], trial.tally
    after = made.stage.ledger.last_event()
    command = await _deploy(made, f"v{number}")
    await _until_step(made, command, after, step, trial.chance.uniform(0, 0.03))
    if victim in {"command", "both"} and command.returncode is None:
        command.kill()
        tally.faults += 1
    if victim in {"supervisor", "both"}:
        await end_supervisor(made)
        tally.faults += 1
    begun = time.monotonic()
    if not holder(made.stage.state.lease) and victim != "command":
        await made.stage.supervise()
    await _healed(made)
    tally.mending.append(time.monotonic() - begun)
    await command.wait()
    await _healed(made)  # what it did later, if it was not the victim
    said, digests = await _versions(made), _digests(made)
    where = f"after {number} ({victim} at {step})"
    tally.demand(len(said) == 1, f"{where} these serve: {said}")
    tally.demand(digests[0] == digests[1], f"{where} there are {digests[1]}, not {digests[0]}")


def _digests(made: Town) -> tuple[list[str], list[str]]:
    """Those that are wanted, one for each copy, and those that are there."""
    wanted = made.stage.ledger.wanted()
    workload = wanted.find("api") if wanted else None
    assert workload is not None
    live = (
        each for each in made.stage.ledger.seen()
        if each.workload == "api" and not each.phase.over and each.phase is not Phase.STOPPING
    )  # fmt: skip
    return [workload.digest] * workload.replicas, [each.digest for each in live]


async def _deploy(made: Town, version: str) -> asyncio.subprocess.Process:
    words = ("-f", str(made.file), "-y", "-q", "--set", f"services.api.env.VERSION='{version}'")
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "seaway", *words, "deploy",
        env=own_environment(made.stage), stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def _until_step(
    made: Town, command: asyncio.subprocess.Process, after: int, step: int, late: float
) -> None:
    """Until so many things have happened, or the command is over."""
    first = step - 2
    if first <= 0:  # before it has recorded anything, or just then
        await asyncio.sleep(0.3 * step + late * 10)
        return
    while command.returncode is None and made.stage.ledger.last_event() - after < first:  # noqa: ASYNC110
        await asyncio.sleep(0.002)
    await asyncio.sleep(late)


async def end_supervisor(made: Town) -> None:
    """As `kill -9` does, whoever started it."""
    if pid := holder(made.stage.state.lease):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        while holder(made.stage.state.lease) == pid:  # noqa: ASYNC110
            await asyncio.sleep(0.002)
    await made.stage.kill_supervisor()


async def _healed(made: Town) -> None:
    """Until what is wanted is good, and there is nothing else."""
    end = time.monotonic() + 60
    ledger = made.stage.ledger
    while True:
        wanted = ledger.wanted()
        good = wanted is not None and ledger.verdict(wanted.number) is Verdict.GOOD
        live = [each for each in ledger.seen() if each.workload == "api" and not each.phase.over]
        if good and wanted and {each.digest for each in live} == {wanted.find("api").digest}:
            return
        assert time.monotonic() < end, f"not healed: {made.last_events()}"
        await asyncio.sleep(0.02)


async def _versions(made: Town) -> set[str]:
    """Of those that serve now."""
    connection = await Connection.to(made.port)
    said = {(await connection.ask("GET", "/")).version for _ in range(4)}
    connection.close()
    return said
