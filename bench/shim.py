"""What a shim costs: time to start and stop, memory, and the processor time of its log.

PYTHONPATH=src python bench/shim.py [starts]
"""

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from seaway.model.workload import LogKeeping
from seaway.targets.local import launch
from seaway.targets.local.copying import Template
from seaway.targets.local.limits import children_of
from seaway.targets.local.process import ProcessSpec

CLOCK = ("date", "+%s%N")
"""The program says itself when it runs."""
LINES = 1_000_000
TOGETHER = 20
SPEAKS = "seq 100000; seq 100000 >&2"
"""More than the memory for lines that wait, so that all of it was used once."""


def spec(root: Path, name: str, *argv: str) -> ProcessSpec:
    """An instance in a folder of its own."""
    folder = root / "instances" / name
    folder.mkdir(parents=True)
    return ProcessSpec(
        folder=folder,
        run_folder=root / "run" / "stack" / name,
        argv=argv,
        env={"PATH": os.environ["PATH"]},
        cwd=root,
        log=root / "logs" / f"{name}.jsonl",
        log_keeping=LogKeeping(size=10_000_000, files=3),
    )


async def starts(root: Path, count: int) -> None:
    """From the call of `launch` to the program's own time, beside a bare start."""
    empty, bare = [], []
    for _ in range(count):
        begun = time.time_ns()
        subprocess.run([sys.executable, "-I", "-S", "-c", ""], check=True)
        empty.append(time.time_ns() - begun)
        begun = time.time_ns()
        bare.append(int(subprocess.run(CLOCK, capture_output=True, check=True).stdout) - begun)
    show("beside: an empty Python, start to end", empty)
    show("beside: the program without a shim runs after", bare)
    original = Template()
    original.start()
    for template, how in ((None, "loaded"), (original, "copied")):
        running, back = [], []
        for number in range(count):
            one = spec(root, f"{how}{number}", *CLOCK)
            begun = time.time_ns()
            await launch.launch(one, template)
            back.append(time.time_ns() - begun)
            await launch.ended(one.folder)
            running.append(int(json.loads(one.log.read_text())["m"]) - begun)
        show(f"with a shim that is {how}, the program runs after", running)
        show(f"with a shim that is {how}, launch returns after", back)
        added = statistics.median(running) - statistics.median(bare)
        print(f"added to a start: {added / 1e6:.1f} ms")
    original.close()


async def memory(root: Path) -> None:
    """Proportional memory of a shim and its pump among others; and how long stopping takes.

    What /proc/PID/smaps_rollup says of both; it leaves out the memory where lines wait.
    """
    for words, what in (("exec sleep 600", "silent"), (f"{SPEAKS}; exec sleep 600", "that spoke")):
        many = [spec(root, f"{what}{number}", "sh", "-c", words) for number in range(TOGETHER)]
        for one in many:
            await launch.launch(one)
        for one in many:
            await _silent(one)
        shim, pump = _pss(many[0])
        print(
            f"memory of one of {TOGETHER} {what}: shim {shim / 1024:.1f} MiB, pump "
            f"{pump / 1024:.1f} MiB, lines that wait {_waiting(many[0]) / 1024:.2f} MiB"
        )
        before = _processor(many[0])
        await asyncio.sleep(2)
        print(f"processor time of both in 2 idle s: {_processor(many[0]) - before:.3f} s")
        took = []
        for one in many:
            begun = time.time_ns()
            await launch.stop(one.folder)
            took.append(time.time_ns() - begun)
        show("stop takes", took)


async def log(root: Path) -> None:
    """Processor time of the shim for a million short lines, and for lines one at a time."""
    one = spec(root, "lines", "sh", "-c", f"seq {LINES}; exec >&- 2>&-; exec sleep 600")
    begun = time.monotonic()
    await launch.launch(one)
    await _silent(one)
    took = time.monotonic() - begun
    used = _processor(one)
    print(f"log: {LINES} lines in {took:.2f} s; {LINES / used:,.0f} lines a second of processor")
    await launch.stop(one.folder)
    script = "import time\nfor n in range(200000): print('a line of a log', n, flush=True)"
    two = spec(root, "single", sys.executable, "-c", f"{script}\ntime.sleep(600)")
    await launch.launch(two)
    await _silent(two)
    print(f"log, one write a line: {200000 / _processor(two):,.0f} lines a second of processor")
    await launch.stop(two.folder)


async def _silent(one: ProcessSpec) -> None:
    """Return when its shim has had nothing to do for a while."""
    before = -1.0
    while (now := _processor(one)) != before:
        before = now
        await asyncio.sleep(0.5)


def _family(one: ProcessSpec) -> list[int]:
    """The shim, and its pump if it has one."""
    state = launch.state(one.folder)
    return [state.shim, *(pid for pid in children_of(state.shim) if pid != state.pid)]


def _pss(one: ProcessSpec) -> tuple[int, int]:
    """In KiB, of shim and pump."""
    found = [0, 0]
    for place, pid in enumerate(_family(one)):
        text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        found[place] = int(text.split("Pss:")[1].split()[0])
    return found[0], found[1]


def _waiting(one: ProcessSpec) -> int:
    """In KiB, the files without a name in which lines wait, as far as they were ever used."""
    return sum(
        entry.stat().st_blocks // 2
        for entry in Path(f"/proc/{launch.state(one.folder).shim}/fd").iterdir()
        if str(entry.readlink()).startswith("/memfd:seaway-log")
    )


def _processor(one: ProcessSpec) -> float:
    """Seconds that both have used."""
    used = 0
    for pid in _family(one):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used += int(fields[11]) + int(fields[12])
    return used / os.sysconf("SC_CLK_TCK")


def show(what: str, nanoseconds: Sequence[int]) -> None:
    """Print the median and the ninth tenth."""
    ordered = sorted(each / 1e6 for each in nanoseconds)
    ninth = ordered[int(len(ordered) * 0.9)]
    print(f"{what}: median {statistics.median(ordered):.1f} ms, p90 {ninth:.1f} ms")


async def main() -> None:
    """Run all of it in a folder that is removed."""
    count = int(sys.argv[1]) if sys.argv[1:] else 30
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory() as folder:
        await starts(Path(folder), count)
        await memory(Path(folder))
        await log(Path(folder))


asyncio.run(main())
