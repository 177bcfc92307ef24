"""The torture tests, in their short form; the runner, `python -m tests.faults.torture`, has both.

`SEAWAY_FAULTS=long` runs them in full, `SEAWAY_SEED` repeats a run.
"""

import os
import secrets
import sys

import pytest

from tests.faults.torture.runner import tortured
from tests.faults.torture.suite import SUITE

FULL = os.environ.get("SEAWAY_FAULTS") == "long"
SEED = int(os.environ.get("SEAWAY_SEED") or secrets.randbelow(1_000_000))


SECONDS = 60
EACH = [
    pytest.param(
        entry, id=f"{entry.number} {entry.title}",
        marks=pytest.mark.timeout(SECONDS * ((entry.minutes if FULL else entry.short) + 0.5)),
    )
    for entry in SUITE if entry.often or FULL
]  # fmt: skip


@pytest.mark.parametrize("entry", EACH)
async def test_it_survives(entry, tmp_path):
    if entry.root and os.getuid() != 0:
        pytest.skip("only root can make these faults")
    tmp_path.chmod(0o755)

    found = await tortured(entry, seed=SEED, full=FULL, folder=tmp_path)

    sys.stderr.write(f"{found}\n")
    assert found["passed"], found
