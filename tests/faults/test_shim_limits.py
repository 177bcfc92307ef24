"""Limits of a process tree, with control groups and without; and what a start leaves behind."""

import asyncio
import os
import shutil
import signal
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from seaway.errors import StepFailed
from seaway.model.workload import Limits
from seaway.targets.local import launch, limits
from seaway.targets.local.helping import run_as
from seaway.targets.local.process import Identity, Life
from tests.faults.shims import PREFIX, Instances, alive, python, said, shim_with_groups_at, until

pytestmark = pytest.mark.timeout(120)
root_only = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")

MEGABYTE = 1 << 20
EATS = """
    import time
    kept = []
    for _ in range(40):
        kept.append(b"x" * (8 << 20))
        time.sleep(0.02)
    print("was not stopped")
    time.sleep(600)
"""
EATS_IN_A_CHILD = """
    import os, sys
    if not os.fork():
        kept = [b"x" * (8 << 20) for _ in range(40)]
        os._exit(0)
    _, status = os.wait()
    sys.exit(1 if status else 0)
"""


@pytest.fixture
async def instances(tmp_path):
    tmp_path.chmod(0o755)
    made = Instances(tmp_path)
    yield made
    await made.end()


@pytest.fixture
def groups():
    """Whether control groups with a memory limit can be made here; none must be left."""
    probe = limits.grouped("seaway-probe", cpu=1.0, memory=64 * MEGABYTE, pids=10)
    missing = probe.missing
    assert probe.remove()
    if missing:
        pytest.skip(f"no control groups for {', '.join(sorted(missing))} here")


def all_groups() -> set[str]:
    found = set()
    for place, folders, _ in os.walk(limits.MOUNT):  # others make and remove theirs meanwhile
        found |= {f"{place}/{name}" for name in folders if name.startswith(f"seaway-{PREFIX}")}
    return found


@pytest.mark.parametrize("code", [EATS, EATS_IN_A_CHILD])
async def test_the_kernel_ends_what_uses_too_much_memory(instances, groups, code):
    spec = await instances.start(*python(code), limits=Limits(memory=100 * MEGABYTE))
    async with asyncio.timeout(30):
        await launch.ended(spec.folder)

    state = launch.state(spec.folder)

    assert (state.life, state.reason) == (Life.ENDED, "oom")
    assert said(spec) == []
    assert said(spec, "seaway") == ["used more memory than its limit of 100 MiB: killed"]
    assert all_groups() == set()


@pytest.mark.parametrize("fork", [False, True])
async def test_without_control_groups_the_shim_watches_the_memory_of_the_tree(
    instances, fork, monkeypatch
):
    """A laptop gives no control groups to users; the limit is kept all the same."""
    code = EATS if not fork else "import os, time\nos.fork() and time.sleep(600)\n" + _flat(EATS)
    spec = instances.spec(*python(code), limits=Limits(memory=100 * MEGABYTE))
    monkeypatch.setattr(launch, "SHIM", shim_with_groups_at("/nowhere", instances.root))
    await launch.launch(spec)
    async with asyncio.timeout(30):
        await launch.ended(spec.folder)

    state = launch.state(spec.folder)

    assert (state.life, state.reason, state.code) == (Life.ENDED, "oom", -signal.SIGKILL)
    assert said(spec) == []


def _flat(code: str) -> str:
    return "\n".join(line.removeprefix("    ") for line in code.splitlines())


async def test_it_may_not_have_more_processes_than_its_limit(instances, groups):
    spec = await instances.start(
        *python("""
        import os, signal
        made = 0
        try:
            while True:
                if not os.fork():
                    signal.pause()
                made += 1
        except OSError:
            print(made)
        """),
        limits=Limits(pids=8),
    )
    async with asyncio.timeout(30):
        await launch.ended(spec.folder)

    assert said(spec) == ["7"]


async def test_it_gets_no_more_processor_time_than_its_limit(instances, groups):
    spec = await instances.start(
        *python("""
        import time
        end = time.monotonic() + 2
        while time.monotonic() < end:
            pass
        print(time.process_time())
        """),
        limits=Limits(cpu=0.25),
    )
    async with asyncio.timeout(30):
        await launch.ended(spec.folder)

    assert float(said(spec)[0]) < 1.0


async def test_it_may_not_open_more_files_than_its_limit(instances):
    spec = await instances.start("sh", "-c", "ulimit -Sn; ulimit -Hn", limits=Limits(files=123))
    await launch.ended(spec.folder)

    assert said(spec) == ["123", "123"]


# ---------------------------------------------------------------------------------- as whom it runs


@root_only
async def test_it_runs_as_nobody_with_its_files_and_without_groups_of_root(instances):
    spec = instances.spec(
        "sh", "-c", "id -u; id -G; cat $RUN/password; stat -c %a%U $RUN $RUN/password",
        identity=Identity(), files={"password": "hunter2\n"},
        run_folder=Path(f"/dev/shm/seaway-{PREFIX}/stack/web"),
    )  # fmt: skip
    spec = replace(spec, env={**spec.env, "RUN": str(spec.run_folder)})
    await launch.launch(spec)
    await launch.ended(spec.folder)
    shutil.rmtree(spec.run_folder.parent.parent)

    assert said(spec) == ["65534", "65534", "hunter2", "700nobody", "400nobody"]


@root_only
async def test_in_a_namespace_it_looks_like_nobody_and_reads_files_of_root(instances):
    """For files below a private home: nothing is copied, no mode is widened."""
    private = instances.root / "private"
    private.mkdir(mode=0o700)
    (private / "data").write_text("kept\n")
    spec = instances.spec(
        "sh", "-c", "id -u; id -g; cat $DATA $RUN/password; mount -t tmpfs none /mnt",
        identity=Identity(namespace=True), files={"password": "hunter2\n"},
    )  # fmt: skip
    env = {**spec.env, "DATA": str(private / "data"), "RUN": str(spec.run_folder)}
    spec = replace(spec, env=env)
    await launch.launch(spec)
    await launch.ended(spec.folder)

    assert said(spec) == ["65534", "65534", "kept", "hunter2"]
    assert launch.state(spec.folder).code


# ------------------------------------------------------------------------------------ what is left


async def test_many_starts_and_stops_leave_nothing_behind(instances):
    """No process, lock, group, run folder or open file, after two hundred lives."""
    open_before = len(list(Path("/proc/self/fd").iterdir()))
    processes_before = _shims()

    for batch in range(10):
        specs = [
            instances.spec("sh", "-c", "sleep 600 & sleep 600", limits=Limits(pids=50))
            for _ in range(20)
        ]
        for spec in specs:
            await launch.launch(spec)
        if batch % 2:
            for spec in specs[:10]:
                os.kill(launch.state(spec.folder).pid, signal.SIGKILL)
        await asyncio.gather(*(launch.stop(spec.folder) for spec in specs))
        assert {launch.state(spec.folder).life for spec in specs} == {Life.ENDED}

    assert all(launch.holder(spec.folder) == 0 for spec in instances.made)
    assert not any(spec.run_folder.exists() for spec in instances.made)
    assert all_groups() == set()
    assert _shims() <= processes_before
    assert len(list(Path("/proc/self/fd").iterdir())) <= open_before + 1


def _shims() -> set[int]:
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        ours = str(launch.SHIM).encode() in words and PREFIX.encode() in words
        if ours and alive(int(entry.name)):
            found.add(int(entry.name))
    return found


async def test_a_secret_is_in_no_command_line_and_on_no_disk(instances):
    """It reaches the shim by a pipe, the process by environment or a file in memory."""
    secret = "correct-horse-battery-staple"
    spec = instances.spec(
        "sleep", "600", env={"PATH": os.environ["PATH"], "PASSWORD": secret}, files={"key": secret}
    )
    seen = asyncio.create_task(_watch_command_lines(secret))
    await launch.launch(spec)
    await asyncio.sleep(0.1)
    seen.cancel()

    shim = launch.state(spec.folder).shim
    assert secret.encode() not in Path(f"/proc/{shim}/environ").read_bytes()
    assert (spec.run_folder / "key").read_text() == secret
    kept = [path for path in instances.root.rglob("*") if path.is_file()]
    kept = [path for path in kept if not path.is_relative_to(spec.run_folder)]
    assert {path.name for path in kept} == {"lock", "pid"}
    assert not any(secret in path.read_text() for path in kept)
    await launch.stop(spec.folder)
    assert not spec.run_folder.exists()
    assert not any(secret.encode() in path.read_bytes() for path in instances.root.rglob("exit"))


async def _watch_command_lines(secret: str) -> None:
    while True:
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                assert secret.encode() not in (entry / "cmdline").read_bytes()
            except OSError:
                continue
        await asyncio.sleep(0)


# ------------------------------------------------------------------------------- helper commands


async def test_a_helper_gets_its_input_and_gives_its_output(tmp_path):
    output = await run_as(
        None, ["tr", "a-z", "A-Z"], env={"PATH": os.environ["PATH"]}, stdin="hello", cwd=Path("/")
    )

    assert (output.status, output.stdout) == (0, "HELLO")


@root_only
async def test_a_helper_runs_as_nobody():
    output = await run_as(Identity(), ["id", "-u"], env={"PATH": "/usr/bin:/bin"}, cwd=Path("/"))

    assert output.stdout == "65534\n"


async def test_a_failed_helper_says_why_without_its_secrets():
    env = {"PATH": "/usr/bin:/bin", "PASSWORD": "hunter2-and-more"}
    script = "cat >&2; echo $PASSWORD wrong >&2; exit 3"

    with pytest.raises(StepFailed) as failed:
        await run_as(None, ["sh", "-c", script], env=env, stdin="my-secret-line\n", cwd=Path("/"))

    assert failed.value.code == "SW211"
    assert failed.value.facts == {"program": "sh", "status": 3, "problem": "***\n*** wrong"}


async def test_a_helper_that_takes_too_long_is_killed_with_its_children(tmp_path):
    marker = f"SEAWAY_TEST={tmp_path}"
    env = {"PATH": "/usr/bin:/bin", "SEAWAY_TEST": str(tmp_path)}
    begun = time.monotonic()

    with pytest.raises(StepFailed) as failed:
        await run_as(
            None, ["sh", "-c", "setsid sleep 600 & sleep 600"], env=env, limit=0.5, cwd=Path("/")
        )

    assert failed.value.code == "SW212"
    assert time.monotonic() - begun < 5
    await until(lambda: not _bearing(marker))


def _bearing(marker: str) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() in (entry / "environ").read_bytes() and alive(int(entry.name)):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


async def test_stopping_something_out_of_control_is_bounded(instances, groups):
    """A fork bomb must not outrun the shim: it is stopped by its limit and killed as a whole."""
    spec = await instances.start(
        *python("""
        import os, signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("ready")
        while True:
            try:
                os.fork()
            except OSError:
                pass
        """),
        limits=Limits(pids=100, cpu=0.5),
        grace=timedelta(seconds=0.2),
    )
    await until(lambda: said(spec))

    async with asyncio.timeout(20):
        await launch.stop(spec.folder)

    assert not _bearing(f"SEAWAY_FOLDER={spec.folder}")
    assert all_groups() == set()
