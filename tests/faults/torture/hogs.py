"""S8: what uses more memory than its limit is killed at once, and the reason is said.

Limits are held by control groups where there are any for memory, else by watching.
"""

import asyncio
import os
import signal
import sys
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from seaway.model.workload import Limits
from seaway.targets.local import launch, limits
from seaway.targets.local.process import ProcessState
from tests.faults.shims import Instances, shim_with_groups_at
from tests.faults.torture.stage import Ends
from tests.faults.torture.trees import SECOND
from tests.faults.torture.trial import Trial, share

LIMIT = 64 << 20
HOGS, HOGS_SHORT = 100, 10
DETECTED = 250.0
"""Milliseconds, by the promise."""
PROGRAM = """
import os, sys, time
pipe = os.open(sys.argv[1], os.O_WRONLY)
kept = bytearray(40 << 20)
kept[::4096] = b"x" * len(kept[::4096])
time.sleep(float(sys.argv[2]))
os.write(pipe, repr(time.time()).encode().ljust(64))
more = bytearray(60 << 20)
more[::4096] = b"x" * len(more[::4096])
time.sleep(600)
"""
"""It says when it begins to eat, a few milliseconds before it is over its limit."""


async def memory_hogs(trial: Trial) -> None:
    """One after the other, so that each is timed alone; in turns with groups and without."""
    instances, known = Instances(trial.folder), launch.SHIM
    program = trial.folder / "hog.py"
    program.write_text(PROGRAM)
    program.chmod(0o644)
    places = {"as found": "", "watched": "/nowhere"}
    if Path(SECOND, "cgroup.procs").exists() and os.getuid() == 0:
        places["version 2"] = SECOND
    try:
        for place, mount in places.items():
            launch.SHIM = shim_with_groups_at(mount, trial.folder) if mount else known
            times = [
                await _hog(trial, instances, program)
                for _ in range(trial.times(HOGS, HOGS_SHORT) // len(places) + 1)
            ]
            trial.tally.more[f"detected_p99 {place}"] = share(times, 0.99)
            trial.tally.mending += times
        limit = trial.limit(DETECTED, 2000.0)
        late = share(trial.tally.mending, 0.99)
        trial.tally.demand(late <= limit, f"the slowest took {late} ms")
    finally:
        launch.SHIM = known
        await instances.end()


async def _hog(trial: Trial, instances: Instances, program: Path) -> float:
    """Seconds from the first byte too much to the end of the process."""
    pipe = trial.folder / f"hog-{len(instances.made)}"
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    loop, told = asyncio.get_running_loop(), asyncio.Event()
    pause = str(round(trial.chance.uniform(0.05, 0.4), 3))
    words = (sys.executable, "-I", "-S", str(program), str(pipe), pause)
    spec = replace(instances.spec(*words), limits=Limits(memory=LIMIT))
    try:
        await launch.launch(spec)
        end = Ends(launch.state(spec.folder).pid)
        loop.add_reader(reader, told.set)
        async with asyncio.timeout(20):
            await told.wait()
            loop.remove_reader(reader)
            begun = float(os.read(reader, 64))
            ended = await end.moment()
            await launch.ended(spec.folder)
    finally:
        os.close(reader)
    _reason_said(trial, launch.state(spec.folder))
    return ended - begun


def _reason_said(trial: Trial, found: ProcessState) -> None:
    trial.tally.faults += 1
    trial.tally.demand(found.reason == "oom", f"the reason was {found.reason!r}, {found.code}")
    trial.tally.demand(found.code == -signal.SIGKILL, f"it ended with {found.code}")


# ------------------------------------------------------------------------------ grace of a stop

IGNORES = "trap '' TERM; while :; do sleep 600; done"
GRACES, GRACES_SHORT = 20, 6


async def graces(trial: Trial) -> None:
    """What ignores its signal is killed at the end of its grace, not before and not much later."""
    instances, errors = Instances(trial.folder), list[float]()
    try:
        for _ in range(trial.times(GRACES, GRACES_SHORT)):
            grace = timedelta(seconds=round(trial.chance.uniform(0.1, 1.2), 2))
            spec = replace(instances.spec("sh", "-c", IGNORES), grace=grace)
            await launch.launch(spec)
            await asyncio.sleep(0.2)  # until the shell ignores it
            end, begun = Ends(launch.state(spec.folder).pid), time.time()
            await launch.stop(spec.folder)
            errors.append(abs(await end.moment() - begun - grace.total_seconds()))
            trial.tally.faults += 1
    finally:
        await instances.end()
    worst = share(errors, 1.0)
    trial.tally.more["off_max"] = worst
    trial.tally.demand(worst <= trial.limit(50.0, 1000.0), f"off by {worst} ms")
    trial.tally.demand(not list(Path(limits.MOUNT).glob(f"*/seaway-t{os.getpid()}-*")), "groups")
