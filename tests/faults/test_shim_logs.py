"""Logs of real processes: complete, in order, rotated, and never in the way of the process."""

import asyncio
import gzip
import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from seaway.model.workload import LogFiles, LogKeeping
from seaway.ports.target import LogQuery
from seaway.targets.local import launch
from seaway.targets.local.logs import lines
from seaway.targets.local.process import Identity, Life
from seaway.targets.local.state import StateFolder
from tests.faults.shims import Instances, python, said, until

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
async def instances(tmp_path):
    tmp_path.chmod(0o755)
    made = Instances(tmp_path)
    yield made
    await made.end()


async def read(instances: Instances, **query: object) -> list[str]:
    return [line.text async for line in lines(StateFolder(instances.root), LogQuery(**query))]


async def test_a_hundred_thousand_lines_are_all_there_in_order(instances):
    spec = await instances.start(
        "seq", "-f", "line %.0f", "100000", log_keeping=LogKeeping(size=2_000_000, files=20)
    )
    async with asyncio.timeout(60):
        await launch.ended(spec.folder)

    assert await read(instances) == [f"line {number}" for number in range(1, 100_001)]


async def test_no_more_files_are_kept_than_asked_for_and_the_older_ones_are_packed(instances):
    spec = await instances.start(
        *python("""
        import time
        for number in range(30000):
            print(f"line {number}")
            if not number % 5000:
                time.sleep(0.2)
        """),
        log_keeping=LogKeeping(size=300_000, files=3),
    )
    async with asyncio.timeout(60):
        await launch.ended(spec.folder)

    files = sorted(path.name for path in spec.log.parent.iterdir())
    assert len(files) == 3
    assert all(path.stat().st_size <= 300_000 for path in spec.log.parent.iterdir())
    packed = [name for name in files if name.endswith(".gz")]
    assert packed
    with gzip.open(spec.log.parent / packed[0], "rt") as file:
        assert all(json.loads(line)["s"] == "stdout" for line in file)
    kept = await read(instances)
    assert kept == [f"line {number}" for number in range(30000 - len(kept), 30000)]


async def test_errors_are_kept_longer_than_all_lines_in_files_of_their_own(instances):
    spec = await instances.start(
        *python("""
        import sys
        for number in range(20000):
            print(f"line {number}")
            if not number % 100:
                print(f"error {number}", file=sys.stderr)
        """),
        log_keeping=LogKeeping(size=100_000, files=2, errors=LogFiles(size=5_000, files=10)),
    )
    async with asyncio.timeout(60):
        await launch.ended(spec.folder)

    every = await read(instances)
    assert len(every) < 5000
    assert any(line.startswith("error") for line in every)
    errors = [f"error {number}" for number in range(0, 20000, 100)]
    assert await read(instances, errors=True) == errors
    assert await read(instances, errors=True, tail=2) == errors[-2:]
    names = [path.name for path in spec.log.parent.iterdir() if ".errors." in path.name]
    assert 2 < len(names) <= 10
    assert all(path.stat().st_size <= 100_000 for path in spec.log.parent.iterdir())


async def test_errors_without_files_of_their_own_are_found_among_all(instances):
    spec = await instances.start("sh", "-c", "echo good; echo bad >&2")
    await launch.ended(spec.folder)

    assert await read(instances, errors=True) == ["bad"]


async def test_a_last_line_without_an_end_is_kept(instances):
    spec = await instances.start("printf", "one\ntwo")
    await launch.ended(spec.folder)

    assert said(spec) == ["one", "two"]


async def test_the_two_streams_are_told_apart(instances):
    spec = await instances.start("sh", "-c", "echo out; echo err >&2")
    await launch.ended(spec.folder)

    assert (said(spec, "stdout"), said(spec, "stderr")) == (["out"], ["err"])


@pytest.mark.parametrize("identity", [None, Identity(), Identity(namespace=True)])
async def test_it_may_open_its_streams_anew_by_their_names(instances, identity):
    """nginx does when its log is /dev/stdout; as another user, that needs a pipe of its own."""
    if identity and os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    spec = await instances.start(
        "sh", "-c", "echo out >/dev/stdout; echo err >/dev/stderr", identity=identity
    )
    await launch.ended(spec.folder)

    assert (said(spec, "stdout"), said(spec, "stderr")) == (["out"], ["err"])


async def test_a_very_long_line_is_cut_into_pieces_and_nothing_is_lost(instances):
    spec = await instances.start(*python("print('ä' * 500_000)\nprint('after')"))
    await launch.ended(spec.folder)

    raw = [json.loads(line) for line in spec.log.read_text().splitlines()]
    assert raw[-1]["m"] == "after"
    assert "".join(line["m"] for line in raw[:-1]) == "ä" * 500_000
    assert all(line.get("more") for line in raw[:-2])
    assert "more" not in raw[-2]
    assert max(len(line["m"].encode()) for line in raw) <= 65536


async def test_what_is_said_last_before_a_violent_death_is_kept(instances):
    spec = await instances.start(*python("import os\nprint('last words')\nos.kill(os.getpid(), 9)"))
    await launch.ended(spec.folder)

    assert said(spec) == ["last words"]
    assert launch.state(spec.folder).code == -signal.SIGKILL


async def test_a_process_that_closes_its_streams_runs_on(instances):
    spec = await instances.start("sh", "-c", "exec >&- 2>&-; sleep 600")

    await asyncio.sleep(0.3)

    assert launch.state(spec.folder).life is Life.RUNNING


async def test_a_stream_held_open_by_a_stranger_does_not_keep_the_shim(instances, tmp_path):
    """Somebody may have opened /proc/PID/fd/1: the log ends with the tree all the same."""
    spec = await instances.start("sh", "-c", "echo hello; sleep 600")
    await until(lambda: said(spec))
    pid = launch.state(spec.folder).pid
    stranger = os.open(f"/proc/{pid}/fd/1", os.O_WRONLY)

    async with asyncio.timeout(10):
        await launch.stop(spec.folder)

    os.close(stranger)
    assert launch.state(spec.folder).life is Life.ENDED


CHATTERS = """
    import time
    number = 0
    while True:
        print(f"line {number}")
        number += 1
        time.sleep(0.005)
"""


async def test_removing_the_log_folder_neither_stops_the_process_nor_its_log(instances):
    spec = await instances.start(*python(CHATTERS))
    await until(lambda: len(said(spec)) > 20)

    shutil.rmtree(spec.log.parent.parent)

    await until(lambda: len(said(spec)) > 20)
    assert launch.state(spec.folder).life is Life.RUNNING


@pytest.fixture
def small_disk(tmp_path):
    if os.getuid() != 0:
        pytest.skip("only root can mount a small disk")
    disk = tmp_path / "disk"
    disk.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k", "none", disk], check=False)
    if made.returncode:
        pytest.skip("nothing can be mounted here")
    yield disk
    subprocess.run(["umount", "--lazy", disk], check=True)


async def test_a_full_disk_never_blocks_the_process_and_the_loss_is_told(instances, small_disk):
    (small_disk / "ballast").write_bytes(b"x" * 150_000)
    spec = instances.spec(*python(CHATTERS), log=small_disk / "web" / "x.jsonl")
    spec.log.parent.mkdir()
    await launch.launch(spec)
    await until(lambda: len(said(spec)) > 3)
    with (small_disk / "more").open("wb", buffering=0) as more:
        while _put(more):
            pass
    await asyncio.sleep(1)
    assert launch.state(spec.folder).life is Life.RUNNING

    (small_disk / "ballast").unlink()
    (small_disk / "more").unlink()
    await until(lambda: said(spec, "seaway"))
    heard = len(said(spec))
    await until(lambda: len(said(spec)) > heard + 20)

    [note] = said(spec, "seaway")
    lost = int(note.split()[0])
    numbers = [int(text.split()[1]) for text in said(spec)]
    assert lost > 0
    assert numbers == sorted(set(numbers))
    assert lost == numbers[-1] + 1 - len(numbers)
    assert "No space left" in note


def _put(file) -> bool:
    try:
        return bool(file.write(b"x" * 1024))
    except OSError:
        return False


# ------------------------------------------------------------------------------------------ follow


async def test_a_follower_sees_every_line_across_rotations_and_new_instances(instances):
    """What a person watches must be what happened, whatever is renamed meanwhile."""
    script = """
        import time
        for number in range(6000):
            print(f"{name} {number}")
            if not number % 50:
                time.sleep(0.005)
        """
    keeping = LogKeeping(size=100_000, files=50)
    await instances.start(*python(f"name = 'a'\n{_flat(script)}"), log_keeping=keeping)
    query = LogQuery(follow=True)
    seen: dict[str, list[int]] = {"a": [], "b": []}

    async with asyncio.timeout(60):
        async for line in lines(StateFolder(instances.root), query):
            name, number = line.text.split()
            seen[name].append(int(number))
            if len(seen["a"]) == 1:
                await instances.start(*python(f"name = 'b'\n{_flat(script)}"), log_keeping=keeping)
            if len(seen["a"]) + len(seen["b"]) == 12000:
                break

    assert seen == {"a": list(range(6000)), "b": list(range(6000))}


def _flat(code: str) -> str:
    return "\n".join(line.removeprefix("        ") for line in code.splitlines())


async def test_a_new_line_is_seen_soon(instances):
    spec = await instances.start(
        *python("import time\ntime.sleep(0.5)\nprint(time.time())\ntime.sleep(600)")
    )

    async with asyncio.timeout(10):
        async for line in lines(StateFolder(instances.root), LogQuery(follow=True)):
            late = time.time() - float(line.text)
            break

    assert late < 1.5
    assert launch.state(spec.folder).life is Life.RUNNING


def test_reading_needs_no_shim(instances, tmp_path: Path):
    assert asyncio.run(read(instances)) == []
