"""T03: the pump of a log is killed while lines pour in; none is lost, doubled or torn (S3)."""

import asyncio
import contextlib
import os
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from seaway.model.workload import LogKeeping
from seaway.targets.local import launch
from seaway.targets.local.limits import children_of
from seaway.targets.local.log_file import Cursor, LogFile
from seaway.targets.local.process import ProcessSpec
from tests.faults.shims import Instances
from tests.faults.torture.trial import Trial

RATE = 25_000
"""Lines a second."""
LINES, LINES_SHORT = 3_000_000, 120_000
KILLS, KILLS_SHORT = 900, 60
KEEPING = LogKeeping(size=4_000_000, files=1000)
PUMP = "seaway-log\n"
BLOCKED = 1.0
"""Seconds that a write may take at most."""
AIMED = 0.7
"""Share of the kills that come right after a write; the others come at any moment."""

WHOLE = re.compile(
    rb'{"t":"[-0-9]{10}T[:0-9]{8}[.][0-9]{3}Z","s":"(stdout|stderr)",'
    rb'"m":"line ([0-9]{7}) of a log that is long enough"}\n'
)
"""How every line must be to the byte."""

POURS = """
import os, signal, sys, time
least, rate, told = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
asked = []
signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
longest, begun, number = 0.0, time.monotonic(), 0
while number < least or not asked:
    before = time.monotonic()
    os.write(1 + number % 2, b"line %07d of a log that is long enough\\n" % number)
    after = time.monotonic()
    longest = max(longest, after - before)
    if not number % 25:
        time.sleep(max(begun + number / rate - after, 0))
    number += 1
with open(told, "w") as file:
    print(longest, number, number / (after - begun), file=file)
"""
"""Until it is asked to end, and at least so many lines."""


async def killed_pump(trial: Trial) -> None:
    """Kill whoever writes the log, again and again, then read all of it."""
    instances = Instances(trial.folder)
    least, kills = trial.times(LINES, LINES_SHORT), trial.times(KILLS, KILLS_SHORT)
    told = trial.folder / "told"
    words = (sys.executable, "-I", "-S", "-c", POURS, str(least), str(RATE), str(told))
    spec = await instances.start(*words, log_keeping=KEEPING, grace=timedelta(minutes=5))
    try:
        await _kill_often(trial, spec, kills, apart=least / RATE / kills)
        await launch.stop(spec.folder)
    finally:
        await instances.end()
    longest, count, rate = told.read_text().split()
    trial.tally.requests = int(count)
    trial.tally.more |= {
        "lines_a_second": round(float(rate)),
        "longest_write_ms": round(float(longest) * 1000, 1),
    }
    limit = trial.limit(BLOCKED, 5 * BLOCKED)
    trial.tally.demand(float(longest) < limit, f"a write took {longest} s")
    trial.tally.demand(trial.tally.faults >= kills, "it ended before the last kill")
    await asyncio.to_thread(_judge, trial, spec.log, int(count))


async def _kill_often(trial: Trial, spec: ProcessSpec, kills: int, apart: float) -> None:
    """At random moments; a kill counts once another pump has taken over."""
    pump = 0
    for _ in range(kills):
        await asyncio.sleep(trial.chance.random() * 1.8 * apart)
        pump = pump or await _successor(spec.folder, 0)
        if trial.chance.random() < AIMED:
            _await_write(spec.log)
        if not pump or not launch.holder(spec.folder):
            return
        with contextlib.suppress(ProcessLookupError):  # seen before it had another name
            os.kill(pump, signal.SIGKILL)
        begun = time.monotonic()
        pump = await _successor(spec.folder, pump)
        if pump:
            trial.tally.faults += 1
            trial.tally.mending.append(time.monotonic() - begun)


async def _successor(folder: Path, of: int) -> int:
    """The pid of another pump, once there is one; 0 when everything has ended."""
    while (pump := _pump(folder)) in {0, of}:
        if not launch.holder(folder):
            return 0
        await asyncio.sleep(0.001)  # the kernel tells nobody of a new process
    return pump


def _await_write(log: Path) -> None:
    """Return right after lines were appended: what was written is not yet known as written."""
    limit, before = time.monotonic() + 0.1, -1
    with contextlib.suppress(FileNotFoundError):  # it is being rotated: a good moment as well
        before = log.stat().st_size
        while log.stat().st_size == before and time.monotonic() < limit:
            pass  # each microsecond counts: only so the kill comes in between


def _pump(folder: Path) -> int:
    """The pid of the living pump, 0 if there is none."""
    for pid in children_of(launch.holder(folder)):
        try:
            name = Path(f"/proc/{pid}/comm").read_text()
        except OSError:
            continue
        if name == PUMP:
            return pid
    return 0


def _judge(trial: Trial, log: Path, count: int) -> None:
    """Each stream counts by two; whatever else is read is a fault."""
    tally, seen, torn = trial.tally, defaultdict[bytes, list[int]](list), 0
    for raw in _lines(log):
        if line := WHOLE.fullmatch(raw):
            seen[line[1]].append(int(line[2]))
        else:
            torn += 1
    for stream, numbers in (b"stdout", range(0, count, 2)), (b"stderr", range(1, count, 2)):
        found = seen[stream]
        tally.lost += len(numbers) - len(set(found))
        tally.executed_twice += len(found) - len(set(found))
        tally.demand(found == sorted(found), f"{stream.decode()} is out of order")
    tally.leaks += len(list(log.parent.glob("*.part")))
    tally.more |= {"torn": torn, "files": len(list(log.parent.iterdir()))}
    tally.demand(not tally.lost, f"{tally.lost} lines lost")
    tally.demand(not tally.executed_twice, f"{tally.executed_twice} lines twice")
    tally.demand(not torn, f"{torn} lines torn, or that nobody said")


def _lines(log: Path) -> Iterator[bytes]:
    return Cursor(LogFile(path=log, workload="web", instance=log.stem)).rest()
