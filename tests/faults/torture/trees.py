"""T04: trees of processes that try to survive a stop, with control groups of both kinds and none.

Each process of a tree holds one end of a pipe: when all have ended, and not before, the other end
says so. Nothing can hide from that except by closing everything, and then /proc is asked.
"""

import asyncio
import contextlib
import os
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from seaway.targets.local import launch, limits
from seaway.targets.local.process import ProcessSpec
from tests.faults.shims import Instances, alive, shim_with_groups_at, until
from tests.faults.torture.trial import Trial

KINDS = ("double fork", "sessions", "daemons", "main leaves", "storm")
PROGRAM = Path(__file__).with_name("hostile.py")
TREES, TREES_SHORT = 200, 15
TOGETHER = 5
GRACE = timedelta(seconds=0.3)
LIMIT = 30.0
"""Seconds within which a stop has to be over, on a busy machine."""
SECOND = "/sys/fs/cgroup/unified"
"""Where version 2 is on a machine with both."""


async def hostile_trees(trial: Trial) -> None:
    """Start them in turns of each kind and each sort of groups, and stop them."""
    instances = Instances(trial.folder)
    places = _places(trial)
    known = launch.SHIM
    try:
        for place, mount in places.items():
            launch.SHIM = shim_with_groups_at(mount, trial.folder) if mount else known
            count = -(-trial.times(TREES, TREES_SHORT) // len(places))
            kinds = [KINDS[number % len(KINDS)] for number in range(count)]
            for first in range(0, count, TOGETHER):
                some = kinds[first : first + TOGETHER]
                await asyncio.gather(*(_stopped(trial, instances, kind, place) for kind in some))
            trial.tally.more[f"trees {place}"] = count
    finally:
        launch.SHIM = known
        await instances.end()
    left = {path.name for path in _groups()}
    trial.tally.demand(not left, f"groups are left: {sorted(left)}")


def _places(trial: Trial) -> dict[str, str]:
    """What is tried: where the machine has its groups, version 2 where that is another place."""
    places = {"as found": "", "none": "/nowhere"}
    if Path(SECOND, "cgroup.procs").exists() and os.getuid() == 0:
        places["version 2"] = SECOND
    return places


async def _stopped(trial: Trial, instances: Instances, kind: str, place: str) -> None:
    """One tree: it comes up, is stopped, and nothing of it is left."""
    word = f"hostile-{os.getpid()}-{len(instances.made)}"
    pipe = trial.folder / word
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    words = (sys.executable, "-I", "-S", str(PROGRAM), kind, word, str(pipe))
    spec = replace(instances.spec(*words), grace=GRACE)
    try:
        await launch.launch(spec)
        await until(lambda: _heard(reader), LIMIT)
        await asyncio.sleep(0.15)  # for what it does after that
        trial.tally.faults += 1
        begun = time.monotonic()
        async with asyncio.timeout(LIMIT):
            await launch.stop(spec.folder)
        trial.tally.mending.append(time.monotonic() - begun)
        held = _held(reader)
        found = [pid for pid in _bearing(word, spec) if alive(pid)]
        trial.tally.leaks += len(found) or held
        trial.tally.demand(not (held or found), f"{kind}, {place}: left {found or 'somebody'}")
    finally:
        os.close(reader)


def _heard(reader: int) -> bool:
    """Whether the first process has said that it is up."""
    with contextlib.suppress(BlockingIOError):
        return os.read(reader, 2) == b"up"
    return False


def _held(reader: int) -> bool:
    """Whether anybody still holds the other end."""
    try:
        return os.read(reader, 1) != b""
    except BlockingIOError:
        return True


def _bearing(word: str, spec: ProcessSpec) -> list[int]:
    marks, found = (word.encode(), f"{launch.FOLDER}={spec.folder}".encode()), []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            words = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
            if int(entry.name) != os.getpid() and any(mark in words for mark in marks):
                found.append(int(entry.name))
    return found


def _groups() -> list[Path]:
    mine = f"seaway-t{os.getpid()}-*"
    return [path for path in Path(limits.MOUNT).rglob(mine) if path.is_dir()]
