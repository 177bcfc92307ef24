"""T05: numbers of processes are given to strangers, and no stranger is ever signalled (S5).

All happens in a PID namespace with 400 numbers, where a number can be had at will.
"""

import asyncio
import json
import os
import sys
from pathlib import Path

from tests.faults.torture.trial import Trial

REUSES, REUSES_SHORT = 1000, 60
INSIDE = "tests.faults.torture.strangers_inside"


async def reused_numbers(trial: Trial) -> None:
    """Run the part inside, and take over what it counted."""
    count = trial.times(REUSES, REUSES_SHORT)
    words = [sys.executable, "-m", INSIDE, str(trial.folder), str(count), str(trial.seed)]
    process = await asyncio.create_subprocess_exec(
        "unshare", "--pid", "--fork", "--mount-proc", "--kill-child", *words,
        stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )  # fmt: skip
    try:
        said, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, "the part inside failed"
    counted = json.loads(said)
    tally = trial.tally
    tally.faults = counted["reused"]
    tally.more |= {"signalled": len(counted["signalled"]), "ways": str(counted["ways"])}
    tally.demand(not counted["signalled"], f"strangers were signalled: {counted['signalled'][:5]}")
    tally.demand(tally.faults >= count, f"only {tally.faults} numbers were used again")
