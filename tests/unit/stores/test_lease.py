"""One supervisor for each stack, and a bell that is never missed."""

import asyncio
import os
import signal
import subprocess
import sys

import pytest

from seaway.errors import LeaseHeld
from seaway.stores.lease import Bell, holder, lease, ring

HOLD = (
    "import sys, time; from pathlib import Path\n"
    "from seaway.stores.lease import lease\n"
    "with lease(Path(sys.argv[1])):\n"
    "    print('held', flush=True); time.sleep(60)\n"
)


@pytest.fixture
def other(tmp_path):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path / "lock")], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_held_lease_names_its_holder(other, tmp_path):
    """The second supervisor says who was first."""
    with pytest.raises(LeaseHeld) as caught, lease(tmp_path / "lock"):
        pass

    assert caught.value.facts["pid"] == other.pid
    assert holder(tmp_path / "lock") == other.pid


def test_kill_9_frees_the_lease_at_once(other, tmp_path):
    """No time-out to wait for: the kernel takes the lock back."""
    os.kill(other.pid, signal.SIGKILL)
    other.wait()

    assert holder(tmp_path / "lock") == 0
    with lease(tmp_path / "lock"):
        pass


async def test_a_ring_before_anybody_listens_is_heard(tmp_path):
    """What was asked for while the supervisor looked elsewhere must not be slept through."""
    bell = Bell(tmp_path / "wake")
    for _ in range(100_000):
        ring(tmp_path / "wake")

    await asyncio.wait_for(bell.rung(), 5)

    bell.close()


def test_ringing_where_nobody_lives_is_no_error(tmp_path):
    """The ledger holds the wish; the next supervisor reads it."""
    ring(tmp_path / "wake")
    os.mkfifo(tmp_path / "wake")
    ring(tmp_path / "wake")
