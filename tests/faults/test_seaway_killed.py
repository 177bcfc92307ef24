"""Seaway killed with SIGKILL at any moment: nothing is lost, doubled or left behind."""

import asyncio
import os
import random
import sys
from pathlib import Path

import pytest

from seaway.model.instance import Phase
from tests.contracts.targets import local_stage, local_state, web

ROUNDS = 25
REPLICAS = 3


@pytest.fixture
async def stage(tmp_path):
    stage = await local_stage(tmp_path)
    yield stage
    await stage.close()


async def supervisor(folder, revision):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.faults.supervising",
        str(folder),
        str(revision),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )


def processes(folder):
    """Pids of all processes that were started for this stack, shims apart."""
    mark, found = f"SEAWAY_FOLDER={local_state(folder).root}".encode(), set()
    for environ in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in environ.read_bytes():
                found.add(int(environ.parent.name))
        except OSError:
            continue
    return found


async def test_seaway_may_be_killed_at_any_moment(stage):
    """Each round asks for new instances and kills the supervisor somewhere on the way there."""
    chance = random.Random(7)  # noqa: S311 -- the same moments in every run
    for revision in range(ROUNDS):
        running = await supervisor(stage.folder, revision)
        await asyncio.sleep(chance.uniform(0.2, 1.6))
        running.kill()
        await running.wait()
        assert len(processes(stage.folder)) <= REPLICAS + 1

    running = await supervisor(stage.folder, ROUNDS)
    wanted = web(stage.folder, replicas=REPLICAS, revision=ROUNDS).digest
    try:
        async with asyncio.timeout(60):
            while True:
                seen = await stage.open().observe()
                good = [each for each in seen if each.phase is Phase.READY]
                digests = {each.digest for each in seen}
                if len(good) == len(seen) == REPLICAS and digests == {wanted}:
                    break
                await asyncio.sleep(0.1)
    finally:
        running.kill()
        await running.wait()

    assert processes(stage.folder) == {each.pid for each in seen}
    folders = list(local_state(stage.folder).instances.iterdir())
    assert {each.name for each in folders if each.name[0] != "."} == {each.id for each in seen}
