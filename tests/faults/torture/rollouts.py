"""T09 and T10: releases under load, of an application with manners and of one without.

Nothing is lost, no payment is made twice, and what is bad goes back by itself (R1, R2, R5).
"""

import asyncio
import time

from seaway.ports.ledger import Verdict
from tests.faults.torture.town import Load, Town, town
from tests.faults.torture.trial import Tally, Trial, share

DEPLOYS, DEPLOYS_SHORT = 50, {"local": 4, "docker": 1}
REQUESTS = 100_000
QUIET = 2.0
"""Seconds of load before the first release, to compare with."""
RUDE = ("exit", "ignore", "late", "flap", "never", "crash", "failing")
GOOD = frozenset({"exit", "ignore", "late", ""})
READY, READY_IN_CONTAINERS = 3, 15
"""Seconds that an instance may take to get ready; more, where a busy engine starts them."""
WATCH, WATCH_SHORT = 6, 3
RESTORED = 15.0
"""Seconds within which a release that does worse is gone (R5)."""
TRIES = 2
"""Starts of a copy that has all of its time to get ready, and of one that came beside it."""


async def rollouts(trial: Trial) -> None:
    """One release after the other, while people ask and pay on kept connections."""
    async with town(trial, "t09") as made:
        load = Load(made.port)
        taken: list[float] = []
        async with load.running(clients=trial.times(20, 8)):
            quiet = await _quiet(load)
            for number in range(trial.times(DEPLOYS, DEPLOYS_SHORT[trial.target])):
                begun = time.monotonic()
                verdict = await made.deployed(VERSION=str(number + 1))
                trial.tally.demand(verdict is Verdict.GOOD, f"release {number + 1} was {verdict}")
                taken.append(time.monotonic() - begun)
                await _until_asked(load, trial, (number + 1) / DEPLOYS)
                trial.tally.faults += verdict is Verdict.GOOD
        await judge(trial.tally, load, made)
        trial.tally.mending = taken
        busy = share(load.latencies[quiet:], 0.99)
        trial.tally.more |= {
            "p99_quiet": share(load.latencies[:quiet], 0.99), "p99": busy,
            "versions": len(load.versions),
        }  # fmt: skip
        trial.tally.demand(len(load.versions) > trial.tally.faults, "not every release was seen")


async def rude_apps(trial: Trial) -> None:
    """Those that end badly lose nothing; those that are bad do not win."""
    watch = WATCH if trial.target == "docker" else trial.times(WATCH, WATCH_SHORT)
    rollout = f'{{drain: 3s, watch: {watch}s, rollback_if: {{errors: "> 1%", for: 2s}}}}'
    async with town(trial, "t10", rollout=rollout, start=f"{_ready(trial)}s") as made:
        load, restored = Load(made.port), list[float]()
        async with load.running(clients=trial.times(14, 8)):
            for number in range(trial.times(40, len(RUDE))):
                manners = RUDE[number % len(RUDE)]
                load.doing = f"{number} {manners}"
                await _one_rude(made, trial, manners, number, restored)
        await judge(trial.tally, load, made)
        trial.tally.mending = restored
        exposed = load.exposed / max(load.requests, 1)
        trial.tally.more |= {"exposed": load.exposed, "exposed_share": round(exposed, 5)}
        trial.tally.demand(exposed <= trial.limit(0.005, 0.05), f"{exposed:.2%} were exposed")


async def _one_rude(
    made: Town, trial: Trial, manners: str, number: int, restored: list[float]
) -> None:
    before, begun = made.serving(), time.monotonic()
    last = made.stage.ledger.last_event()
    failing = "0.05" if manners == "failing" else "0"
    verdict = await made.deployed(VERSION=f"{number}-{manners}", MANNERS=manners, FAILING=failing)
    trial.tally.faults += 1
    if manners in GOOD or (manners == "flap" and verdict is Verdict.GOOD):
        trial.tally.demand(verdict is Verdict.GOOD, f"{manners} was {verdict}")
        return
    trial.tally.demand(verdict is Verdict.FAILED, f"{manners} was {verdict}")
    await made.settled()
    took = time.monotonic() - begun
    restored.append(took)
    trial.tally.demand(made.serving() == before, f"after {manners} another release serves")
    limit = RESTORED if manners == "failing" else _ready(trial) + trial.limit(2.0, 10.0)
    if manners in {"never", "failing"}:
        trial.tally.demand(took <= limit, f"{manners} took {took:.1f} s to go back, not {limit}")
    if manners == "never":  # on a busy machine the limit leaves room for several tries
        tries = made.starts(last)
        trial.tally.demand(tries <= TRIES, f"one that never gets ready was started {tries} times")


def _ready(trial: Trial) -> int:
    return READY if trial.full or trial.target == "local" else READY_IN_CONTAINERS


async def _quiet(load: Load) -> int:
    await asyncio.sleep(QUIET)
    return len(load.latencies)


async def _until_asked(load: Load, trial: Trial, part: float) -> None:
    """In full, as many requests as were promised, spread over all releases."""
    while trial.full and load.requests < REQUESTS * part:  # noqa: ASYNC110
        await asyncio.sleep(0.05)


async def judge(tally: Tally, load: Load, made: Town) -> None:
    """Nothing was lost, and nothing done twice."""
    await made.noted()
    tally.requests, tally.lost = load.requests, load.lost.total()
    tally.executed_twice = made.executed_twice()
    tally.more |= {"paid": load.paid, **{f"lost {why}": n for why, n in load.lost.items()}}
    tally.demand(not tally.lost, f"{tally.lost} of {tally.requests} were lost: {load.moments[:9]}")
    tally.demand(not tally.executed_twice, f"{tally.executed_twice} payments were made twice")
    tally.demand(load.paid, "nobody paid")
