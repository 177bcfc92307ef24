"""T19: workers killed and paused, PostgreSQL and Redis killed; every effect once (Q1, Q2, Q3, Q5).

The storm itself is `packages/jobs/tests/chaos`: it runs in the environment of that package.
"""

import asyncio
import json
import os
import signal
from pathlib import Path
from typing import Any

from tests.faults.torture.trial import Trial

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "packages/jobs"
PYTHON = ROOT / ".venv/stacks/packages-jobs/bin/python"
FULL = {"jobs": 20_000, "kills": 500, "stops": 100, "brokers": 20}
SHORT = {"jobs": 2_000, "kills": 50, "stops": 6, "brokers": 2}
SECONDS, SECONDS_SHORT = 2.0, 6.0
"""From the kill of a worker to the new beginning of its jobs, at p99."""


async def hurt_workers(trial: Trial) -> None:
    """Run the storm and judge what it says of itself."""
    found = await _storm(trial)
    tally = trial.tally
    tally.faults = found["kills"] + found["stops"] + found["postgres_kills"] + found["redis_kills"]
    tally.requests, tally.executed_twice = found["jobs"], found["twice"]
    tally.lost = tally.rows_lost = found["never"]
    tally.rows_acked, tally.mending, tally.leaks = found["documents"], found["begun"], found["left"]
    told = ("effects", "kills", "hit", "stops", "stopped_with_jobs", "postgres_kills",
            "redis_kills", "parked_and_replayed", "in_outage")  # fmt: skip
    tally.more |= {name: found[name] for name in told}
    for claim in found["wrong"]:
        tally.demand(claim=False, otherwise=f"does not hold: {claim}")
    begun, limit = found["begun"], trial.limit(SECONDS, SECONDS_SHORT)
    late = begun[min(len(begun) - 1, int(len(begun) * 0.99))] if begun else 0.0
    tally.demand(late <= limit, f"taken over after {late} s at p99, promised are {limit} s")


async def _storm(trial: Trial) -> dict[str, Any]:
    if not PYTHON.exists():
        await _ran(ROOT / "tools/stack-tests", "--prepare", "packages/jobs")
    numbers = {**(FULL if trial.full else SHORT), "seed": trial.seed}
    words = [word for name, number in numbers.items() for word in (f"--{name}", str(number))]
    return dict(json.loads(await _ran(PYTHON, "-m", "tests.chaos", *words)))


async def _ran(program: Path, *words: str) -> bytes:
    """What it wrote; all of its processes are ended with the caller."""
    kept = {name: each for name, each in os.environ.items() if not name.startswith("PYTHON")}
    process = await asyncio.create_subprocess_exec(
        program, *words, cwd=PACKAGE, env=kept, stdout=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        out, _ = await process.communicate()
    finally:
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGINT)  # it ends its servers itself
            await process.wait()
    assert out or program != PYTHON, f"it ended with {process.returncode}, silent"
    return out
