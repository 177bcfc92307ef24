"""Releases under load and damage, with the programs in containers: the same tests as on local.

CI runs R09 of them, which has all of T09 to T13 in it; the others take half a minute each.
"""

import sys

import pytest

from tests.faults.test_torture import FULL, SEED
from tests.faults.torture.containers import engine_there
from tests.faults.torture.runner import longest, tortured
from tests.faults.torture.suite import SUITE

OFTEN = "R09"
EACH = [
    pytest.param(
        entry, id=f"{entry.number} {entry.title}",
        marks=[
            pytest.mark.timeout(longest(entry, full=FULL, target="docker") + 60),
            *(() if entry.number == OFTEN else (pytest.mark.long,)),
        ],
    )
    for entry in SUITE if "docker" in entry.targets
]  # fmt: skip

pytestmark = [
    pytest.mark.docker,
    pytest.mark.skipif(not engine_there(), reason="no engine with the base image"),
]


@pytest.mark.parametrize("entry", EACH)
async def test_it_survives_in_containers(entry, tmp_path):
    for each in (tmp_path, *tmp_path.parents[:2]):  # containers run as another user
        each.chmod(0o755)

    found = await tortured(entry, seed=SEED, full=FULL, folder=tmp_path, target="docker")

    sys.stderr.write(f"{found}\n")
    assert found["passed"], found
