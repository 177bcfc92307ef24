"""Starting something is broken off at every moment: nothing hangs, and nothing is left behind."""

import asyncio
import os
import time

import pytest

from seaway.targets.local import launch
from seaway.targets.local.helping import run_as
from seaway.targets.local.process import Life
from tests.faults.shims import Instances, python, until

pytestmark = pytest.mark.timeout(120)

BUSY = 0.15
TURNS = 16
"""Turns of the event loop from a call to the moment when it waits for the other process."""


@pytest.fixture
async def instances(tmp_path):
    tmp_path.chmod(0o755)
    made = Instances(tmp_path)
    yield made
    await made.end()


async def broken_off(task: asyncio.Task[object], turns: int) -> None:
    """Cancel it then, after a moment in which the loop had other things to do."""
    for _ in range(turns):
        await asyncio.sleep(0)
    time.sleep(BUSY)  # the loop is busy: meanwhile the other process gets ahead of us
    task.cancel()
    _, late = await asyncio.wait({task}, timeout=5)
    assert not late, f"it hangs when cancelled after {turns} turns"


async def test_a_start_that_is_cancelled_at_any_turn_ends(instances):
    """A supervisor told to end while it starts things must end: Python 3.11 waits for the pipes
    of a half-made process for ever (`transp._wait()` in `_make_subprocess_transport`)."""
    for turns in range(TURNS):
        spec = instances.spec(*python("import time; time.sleep(600)"))
        await broken_off(asyncio.create_task(launch.launch(spec)), turns)
        await until(lambda: launch.state(spec.folder).life in {Life.ABSENT, Life.RUNNING})  # noqa: B023


async def test_a_helper_command_that_is_cancelled_at_any_turn_leaves_nothing(tmp_path):
    """Else a later Seaway finds a stranger at work on its data."""
    for turns in range(TURNS):
        file = tmp_path / str(turns)
        code = f"import os,time; open({str(file)!r}, 'w').write(str(os.getpid())); time.sleep(600)"
        task = asyncio.create_task(run_as(None, python(code), env={}, cwd=tmp_path))
        await broken_off(task, turns)
        if file.exists():
            assert not os.path.exists(f"/proc/{file.read_text()}")  # noqa: PTH110 -- a pid
