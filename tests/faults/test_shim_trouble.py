"""Trouble with the log, or with who writes it, never reaches the process; what is lost is told."""

import asyncio
import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from seaway.model.workload import LogKeeping
from seaway.ports.target import LogQuery
from seaway.targets.local import launch
from seaway.targets.local.limits import children_of
from seaway.targets.local.log_file import Cursor, LogFile
from seaway.targets.local.logs import lines
from seaway.targets.local.process import Life
from seaway.targets.local.state import StateFolder
from tests.faults.shims import Instances, alive, python, said, until
from tests.faults.torture.disks import command, ext4, memory

pytestmark = pytest.mark.timeout(120)
ROOT = os.getuid() == 0 and not subprocess.run(["unshare", "-m", "true"], check=False).returncode
root_only = pytest.mark.skipif(not ROOT, reason="no disk can be mounted or frozen here")

TALKS = """
    import os, signal, time
    asked = []
    signal.signal(signal.SIGTERM, lambda *_: asked.append(True))
    number, longest = 0, 0.0
    while not asked:
        before = time.monotonic()
        os.write(1, b"line %d %s\\n" % (number, b"." * 4000))
        longest = max(longest, time.monotonic() - before)
        number += 1
        time.sleep(0.001)
    os.write(2, b"%d %f\\n" % (number, longest))
"""
"""Up to four megabytes a second; its last line says how many there were, and the longest write."""
BLOCKED = 2.5
"""Seconds that a write may take on a busy machine; a second is promised (S3)."""
ORPHANS = 10_000 if os.environ.get("SEAWAY_FAULTS") == "long" else 1_000
TROUBLE = 1.5
"""Seconds that it lasts here."""


@pytest.fixture
async def instances(tmp_path):
    tmp_path.chmod(0o755)
    made = Instances(tmp_path)
    yield made
    await made.end()


def raw(log: Path) -> list[dict[str, str]]:
    """All that is kept of a log."""
    found = Cursor(LogFile(path=log, workload="web", instance="x")).rest()
    return [json.loads(line) for line in found]


def _told(log: Path) -> list[str]:
    return [line["m"] for line in raw(log) if line["s"] == "seaway"]


def pump_of(folder: Path) -> int:
    """Its pid; 0 when there is none."""
    for pid in children_of(launch.holder(folder)):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/comm").read_text() == "seaway-log\n":
                return pid
    return 0


# ------------------------------------------------------------------------------- trouble of a disk


@contextmanager
def full(place: Path) -> Iterator[None]:
    """Not a byte is free."""
    with (place / "ballast").open("wb", buffering=0) as ballast, contextlib.suppress(OSError):
        while True:
            ballast.write(b"x" * 512)
    yield
    (place / "ballast").unlink()


@contextmanager
def without_inodes(place: Path) -> Iterator[None]:
    """No file can be made: the next rotation fails half way."""
    made = []
    with contextlib.suppress(OSError):
        for number in range(1000):
            (place / f"file{number}").touch()
            made.append(place / f"file{number}")
    yield
    for each in made:
        each.unlink()


@contextmanager
def read_only(place: Path) -> Iterator[None]:
    """Another disk has taken the folder's place, and takes nothing."""
    command("mount", "-t", "tmpfs", "-o", "ro", "none", str(place / "web"))
    yield
    command("umount", str(place / "web"))


@contextmanager
def frozen(place: Path) -> Iterator[None]:
    """Who writes waits, and cannot even be killed."""
    command("fsfreeze", "--freeze", str(place))
    try:
        yield
    finally:
        command("fsfreeze", "--unfreeze", str(place))


@pytest.mark.parametrize("trouble", [full, without_inodes, read_only])
@root_only
async def test_what_a_disk_does_not_take_is_counted_to_the_line(instances, trouble):
    with memory(instances.root / "disk", "8m", inodes=20) as place:
        await _survives(instances, place, trouble)


@root_only
async def test_a_disk_that_hangs_costs_lines_but_no_time(instances):
    """As one behind a network does, or one that somebody else keeps busy."""
    with ext4(instances.root) as disk:
        await _survives(instances, disk.place, frozen, lasting=3 * TROUBLE)


async def _survives(
    instances: Instances, place: Path, trouble, lasting: float = TROUBLE
) -> None:  # fmt: skip
    spec = await _talking(instances, place / "web" / "x.jsonl")
    with trouble(place):
        await asyncio.sleep(lasting)
        assert launch.state(spec.folder).life is Life.RUNNING
    await until(lambda: _told(spec.log))
    await _heard_more(spec)
    await launch.stop(spec.folder)

    kept = raw(spec.log)
    numbers, lost = _account(kept)
    total, longest = next(line["m"] for line in kept if line["s"] == "stderr").split()
    assert lost
    assert numbers == sorted(set(numbers))
    assert len(numbers) + lost == int(total)
    assert float(longest) < BLOCKED


async def _talking(instances: Instances, log: Path):
    spec = instances.spec(*python(TALKS), log=log, log_keeping=LogKeeping(size=400_000, files=1000))
    await launch.launch(spec)
    await until(lambda: len(said(spec)) > 20)
    return spec


async def _heard_more(spec) -> None:
    """Return when it has been heard for a while after the last note."""
    heard = len(raw(spec.log))
    await until(lambda: len(raw(spec.log)) > heard + 100)


@root_only
async def test_a_disk_that_fails_is_used_again_once_it_works(instances):
    """The log is opened anew: what was opened before belongs to a disk that is gone.

    What is told of the loss may be below the disk, written when it had been taken away.
    """
    with ext4(instances.root) as disk:
        spec = await _talking(instances, disk.place / "web" / "x.jsonl")
        disk.cut()
        await asyncio.sleep(TROUBLE)
        assert launch.state(spec.folder).life is Life.RUNNING
        await disk.start_again()
        await until(spec.log.exists)
        await _heard_more(spec)
        await launch.stop(spec.folder)

        kept = raw(spec.log)
    [total] = [line["m"] for line in kept if line["s"] == "stderr"]
    numbers = [int(line["m"].split()[1]) for line in kept if line["s"] == "stdout"]
    assert numbers[-100:] == list(range(int(total.split()[0]) - 100, int(total.split()[0])))
    assert float(total.split()[1]) < BLOCKED


async def test_what_was_lost_is_told_though_the_process_is_silent(instances):
    """Nobody should have to wait for its next line to learn that some are missing."""
    blocked = instances.root / "logs"
    blocked.write_text("a file where the folder should be")
    spec = await instances.start("sh", "-c", "echo one; echo two; exec sleep 600")
    await until(lambda: pump_of(spec.folder))
    await asyncio.sleep(0.2)

    blocked.unlink()
    await until(lambda: said(spec, "seaway"))

    assert said(spec, "seaway")[0].startswith("2 lines were not kept: ")


# -------------------------------------------------------------------------------- the pump is hurt


async def test_a_silent_process_has_no_pump(instances):
    """An instance costs what it needs."""
    spec = await instances.start("sleep", "600")

    assert children_of(launch.holder(spec.folder)) == [launch.state(spec.folder).pid]


async def test_a_pump_that_hangs_is_killed_and_the_next_one_goes_on(instances):
    """A stopped pump stands for one with a fault. What it had not written is written after all."""
    spec = await _talking(instances, instances.root / "logs" / "web" / "x.jsonl")
    pump = pump_of(spec.folder)
    os.kill(pump, signal.SIGSTOP)

    await until(lambda: not alive(pump))
    await until(lambda: _told(spec.log))
    await _heard_more(spec)
    await launch.stop(spec.folder)

    kept = raw(spec.log)
    numbers, lost = _account(kept)
    total, longest = next(line["m"] for line in kept if line["s"] == "stderr").split()
    assert numbers == sorted(set(numbers))
    assert len(numbers) + lost == int(total)
    assert float(longest) < BLOCKED


async def test_a_pump_that_hangs_at_the_end_keeps_nothing_from_ending_or_from_the_log(instances):
    spec = await instances.start(*python("print('first')\nimport time\ntime.sleep(600)"))
    await until(lambda: said(spec))
    os.kill(pump_of(spec.folder), signal.SIGSTOP)
    os.kill(launch.state(spec.folder).pid, signal.SIGKILL)

    async with asyncio.timeout(10):
        await launch.ended(spec.folder)

    assert launch.state(spec.folder).code == -signal.SIGKILL
    assert said(spec) == ["first"]


async def test_the_pump_ends_with_the_process_and_says_nothing_of_its_own(instances):
    spec = await instances.start("sh", "-c", "echo one; sleep 0.3; exit 0")
    await until(lambda: pump_of(spec.folder))
    pump = pump_of(spec.folder)

    await launch.ended(spec.folder)

    assert not alive(pump)
    assert [line["m"] for line in raw(spec.log)] == ["one"]


async def test_killing_the_pump_just_before_the_end_loses_no_last_words(instances):
    spec = await instances.start(
        *python("""
        import os, time
        print("first")
        time.sleep(0.3)
        for number in range(20000):
            os.write(1, b"line %d\\n" % number)
        """)
    )
    await until(lambda: said(spec))
    await _kill_pumps(spec.folder)

    assert said(spec) == ["first", *(f"line {number}" for number in range(20000))]


async def test_in_a_flood_each_line_is_kept_or_counted_whoever_is_killed(instances):
    """The process waits for room and the pump that made it may be killed before it can tell."""
    spec = await instances.start(
        *python("""
        import os
        data = b"".join(b"line %d\\n" % number for number in range(150_000))
        while data:
            data = data[os.write(1, data[:1000000]):]
        """),
        log_keeping=LogKeeping(size=2_000_000, files=100),
    )
    await until(lambda: pump_of(spec.folder))
    killed = await _kill_pumps(spec.folder, apart=0.1)

    numbers, lost = _account(raw(spec.log))
    assert killed
    assert numbers == sorted(set(numbers))
    assert len(numbers) + lost == 150_000


def _account(kept: list[dict[str, str]]) -> tuple[list[int], int]:
    """The numbers of the lines that were kept, and how many are told to be lost."""
    numbers = [int(line["m"].split()[1]) for line in kept if line["s"] == "stdout"]
    return numbers, sum(int(line["m"].split()[0]) for line in kept if line["s"] == "seaway")


async def test_a_follower_sees_each_line_once_while_pumps_are_killed_and_files_rotate(instances):
    """A half line that a killed pump left is taken back: nobody may have read it."""
    spec = await instances.start(
        *python("""
        import os, time
        for number in range(12000):
            os.write(1, b"line %d\\n" % number)
            if not number % 50:
                time.sleep(0.005)
        """),
        log_keeping=LogKeeping(size=100_000, files=50),
    )
    killing = asyncio.create_task(_kill_pumps(spec.folder))
    seen: list[str] = []

    async with asyncio.timeout(60):
        async for line in lines(StateFolder(instances.root), LogQuery(follow=True)):
            seen.append(line.text)
            if len(seen) == 12000:
                break

    assert await killing > 5
    assert seen == [f"line {number}" for number in range(12000)]


async def _kill_pumps(folder: Path, apart: float = 0.03) -> int:
    """One after another until everything has ended; how many there were."""
    killed: set[int] = set()
    while launch.holder(folder):
        if pump := pump_of(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pump, signal.SIGKILL)
            killed.add(pump)
        await asyncio.sleep(apart)
    return len(killed)


# ------------------------------------------------------------------------------- the shim is killed


async def test_all_that_was_said_before_the_shim_was_killed_is_in_the_log(instances):
    """The process dies with its shim; the pump outlives both until it has written the rest."""
    told = instances.root / "told"
    told.touch(mode=0o666)
    spec = await instances.start(
        *python(f"""
        import os
        told = os.open({str(told)!r}, os.O_WRONLY)
        number = 0
        while True:
            os.write(1, b"line %d\\n" % number)
            number += 1
            os.pwrite(told, b"%20d" % number, 0)
        """)
    )
    await until(lambda: len(said(spec)) > 1000)
    pump = pump_of(spec.folder)

    os.kill(launch.state(spec.folder).shim, signal.SIGKILL)
    await launch.ended(spec.folder)
    await until(lambda: not alive(pump))

    heard = [line.text async for line in lines(StateFolder(instances.root), LogQuery())]
    assert heard[-1] == "its shim was killed, and the process with it"
    assert heard[:-1] == [f"line {number}" for number in range(len(heard) - 1)]
    assert len(heard) - 1 >= int(told.read_text())
    assert launch.state(spec.folder).life is Life.LOST


# ------------------------------------------------------------------------------------- orphans


async def test_thousands_of_orphans_leave_no_zombies(instances):
    """Ten thousand in the long form (S9)."""
    spec = await instances.start(
        *python(f"""
        import os, time
        for number in range({ORPHANS}):
            child = os.fork()
            if not child:
                os.fork()
                os._exit(0)
            os.waitpid(child, 0)
        print("done")
        time.sleep(600)
        """)
    )
    await until(lambda: said(spec), limit=110)
    state = launch.state(spec.folder)
    pump = pump_of(spec.folder)

    await until(lambda: set(children_of(state.shim)) == {state.pid, pump})
    begun = time.monotonic()
    await launch.stop(spec.folder)

    assert time.monotonic() - begun < 5
    assert launch.state(spec.folder).reason == "stopped"
