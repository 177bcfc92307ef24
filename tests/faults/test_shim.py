"""One process and its shim: how it starts, ends, is stopped, and what is known of it."""

import asyncio
import json
import os
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from seaway.errors import StepFailed
from seaway.targets.local import launch
from seaway.targets.local.process import Identity, Life
from tests.faults.shims import Instances, alive, python, said, shim_with_groups_at, until

pytestmark = pytest.mark.timeout(60)
root_only = pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")

IGNORES_TERM = """
    import signal, time
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("ready")
    time.sleep(600)
"""


@pytest.fixture
async def instances(tmp_path):
    tmp_path.chmod(0o755)
    made = Instances(tmp_path)
    yield made
    await made.end()


# ------------------------------------------------------------------------------------ it starts


async def test_a_started_process_is_seen_as_running(instances):
    spec = await instances.start("sleep", "600")

    state = launch.state(spec.folder)

    assert state.life is Life.RUNNING
    assert alive(state.shim)
    assert Path(f"/proc/{state.pid}/comm").read_text() == "sleep\n"


async def test_the_shim_is_nobodys_child_and_holds_nothing_of_the_launcher(instances):
    """Else a launcher that ends would wait for it, or its files would stay open."""
    kept, theirs = os.pipe()
    inheritable = True
    os.set_inheritable(theirs, inheritable)
    spec = await instances.start("sleep", "600")
    os.close(theirs)

    shim = launch.state(spec.folder).shim

    assert os.read(kept, 1) == b""
    os.close(kept)
    status = Path(f"/proc/{shim}/status").read_text()
    assert f"PPid:\t{os.getpid()}\n" not in status
    assert os.getsid(shim) != os.getsid(0)


async def test_the_process_has_only_its_three_streams_and_the_environment_it_was_given(instances):
    spec = await instances.start(
        *python("""
        import os
        print(sorted(os.listdir("/proc/self/fd"))[:4], os.readlink("/proc/self/fd/0"))
        print(*sorted(os.environ))
        print(oct(os.umask(0)))
        """),
        env={"PATH": "/usr/bin", "COLOUR": "blue"},
    )
    await launch.ended(spec.folder)

    streams, names, umask = said(spec)

    assert streams == "['0', '1', '2', '3'] /dev/null"  # 3 is the listing itself
    assert names == "COLOUR LC_CTYPE PATH SEAWAY_FOLDER SEAWAY_INSTANCE"
    assert umask == "0o27"


@pytest.mark.parametrize(
    ("argv", "code", "status"),
    [
        (("no-such-program",), "SW200", 127),
        (("/no/such/program",), "SW200", 127),
        (("/etc/passwd",), "SW201", 126),
        (("/etc",), "SW201", 126),
    ],
)
async def test_a_program_that_cannot_be_executed_is_reported(instances, argv, code, status):
    spec = instances.spec(*argv)

    with pytest.raises(StepFailed) as failed:
        await launch.launch(spec)

    assert failed.value.code == code
    state = launch.state(spec.folder)
    assert (state.life, state.code) == (Life.ENDED, status)
    assert not spec.run_folder.exists()


async def test_a_missing_working_folder_is_reported_as_such(instances):
    """Not as a missing program, which is what a shell's exit status would suggest."""
    spec = instances.spec("true", cwd=instances.root / "gone")

    with pytest.raises(StepFailed) as failed:
        await launch.launch(spec)

    assert failed.value.code == "SW202"
    assert failed.value.facts["folder"] == str(instances.root / "gone")


async def test_a_run_folder_in_the_hands_of_somebody_else_is_refused(instances):
    """`/dev/shm` is open to all: another user could wait there for our secrets."""
    if os.getuid() != 0:
        pytest.skip("only root can give a folder to somebody else")
    spec = instances.spec("true", files={"password": "hunter2"})
    spec.run_folder.parent.mkdir(parents=True)
    os.chown(spec.run_folder.parent, 12345, 12345)

    with pytest.raises(StepFailed) as failed:
        await launch.launch(spec)

    assert failed.value.code == "SW209"


async def test_of_two_launches_at_once_exactly_one_starts_it(instances):
    """Two supervisors, or one step done twice, must never make two servers on one data folder."""
    spec = instances.spec("sleep", "600")

    results = await asyncio.gather(*(launch.launch(spec) for _ in range(6)), return_exceptions=True)

    assert results.count(None) == 1
    assert {error.code for error in results if error} == {"SW205"}
    assert _with_marker(spec.folder) == 1


async def test_an_instance_lives_only_once(instances):
    spec = await instances.start("true")
    await launch.ended(spec.folder)

    with pytest.raises(StepFailed) as failed:
        await launch.launch(spec)

    assert failed.value.code == "SW206"


# -------------------------------------------------------------------------------------- it ends


async def test_nothing_is_known_of_an_instance_that_was_never_started(instances):
    assert launch.state(instances.spec("true").folder).life is Life.ABSENT


@pytest.mark.parametrize("code", [0, 1, 42, 255])
async def test_the_exit_status_is_kept(instances, code):
    spec = await instances.start("sh", "-c", f"exit {code}")
    await launch.ended(spec.folder)

    state = launch.state(spec.folder)

    assert (state.life, state.code, state.reason) == (Life.ENDED, code, "")
    assert state.started <= state.ended


async def test_the_signal_that_killed_it_is_kept(instances):
    spec = await instances.start("sleep", "600")
    os.kill(launch.state(spec.folder).pid, signal.SIGKILL)
    await launch.ended(spec.folder)

    assert launch.state(spec.folder).code == -signal.SIGKILL


async def test_who_waits_is_told_of_the_end_without_asking_again(instances):
    spec = await instances.start("sleep", "600")
    told = asyncio.Event()
    watch = launch.wake_when_ended(spec.folder, told.set)
    assert watch is not None
    os.kill(launch.state(spec.folder).pid, signal.SIGKILL)

    async with asyncio.timeout(10):
        await told.wait()

    assert launch.state(spec.folder).life is Life.ENDED
    assert launch.wake_when_ended(spec.folder, told.set) is None
    watch.close()


async def test_what_the_main_process_leaves_behind_is_killed(instances):
    spec = await instances.start("sh", "-c", "setsid sleep 600 & sleep 600 & echo done")
    await launch.ended(spec.folder)

    assert launch.state(spec.folder).code == 0
    assert _with_marker(spec.folder) == 0


# ----------------------------------------------------------------------------------- is stopped


async def test_a_stopped_process_is_asked_by_its_own_signal(instances):
    spec = await instances.start(
        *python("""
        import signal, sys
        signal.signal(signal.SIGINT, lambda *_: sys.exit(7))
        print("ready")
        signal.pause()
        """),
        stop_signal="SIGINT",
    )
    await until(lambda: said(spec))

    await launch.stop(spec.folder)

    state = launch.state(spec.folder)
    assert (state.life, state.code, state.reason) == (Life.ENDED, 7, "stopped")


async def test_one_that_ignores_the_signal_is_killed_after_its_grace(instances):
    spec = await instances.start(*python(IGNORES_TERM), grace=timedelta(seconds=1))
    await until(lambda: said(spec))
    begun = time.monotonic()

    await launch.stop(spec.folder)

    assert 0.9 < time.monotonic() - begun < 4
    state = launch.state(spec.folder)
    assert (state.code, state.reason) == (-signal.SIGKILL, "stopped")
    assert said(spec, "seaway") == ["did not end in time: killed"]


async def test_the_grace_may_be_made_shorter_while_it_is_stopping(instances):
    """`down` waits patiently; a second, impatient one must not wait as long."""
    spec = await instances.start(*python(IGNORES_TERM), grace=timedelta(seconds=50))
    await until(lambda: said(spec))
    patient = asyncio.create_task(launch.stop(spec.folder))
    await asyncio.sleep(0)
    begun = time.monotonic()

    await launch.stop(spec.folder, grace=timedelta(seconds=0.2))
    await patient

    assert time.monotonic() - begun < 3


async def test_stopping_ends_daemons_that_left_session_and_parent(instances):
    spec = await instances.start(
        *python("""
        import os, time
        def daemon(depth):
            if os.fork():
                return
            os.setsid()
            if depth:
                daemon(depth - 1)
                os._exit(0) if depth % 2 else time.sleep(600)
            print("daemon", os.getpid())
            os.closerange(0, 3)
            time.sleep(600)
        daemon(3)
        print("main")
        time.sleep(600)
        """),
        grace=timedelta(seconds=1),
    )
    await until(lambda: len(said(spec)) >= 2)

    await launch.stop(spec.folder)

    assert _with_marker(spec.folder) == 0


async def test_stopping_twice_or_what_never_ran_is_no_fault(instances):
    spec = await instances.start("sleep", "600")

    await asyncio.gather(launch.stop(spec.folder), launch.stop(spec.folder))
    await launch.stop(spec.folder)
    await launch.stop(instances.spec("true").folder)

    assert launch.state(spec.folder).life is Life.ENDED


async def test_a_shim_that_hangs_is_killed_with_all_it_has(instances, monkeypatch):
    """A stopped shim stands for one with a fault: `stop` must not wait for it for ever."""
    monkeypatch.setattr(launch, "BEYOND_GRACE", 0.5)
    spec = await instances.start("sleep", "600", grace=timedelta(seconds=0.2))
    os.kill(launch.state(spec.folder).shim, signal.SIGSTOP)

    await launch.stop(spec.folder)

    assert launch.state(spec.folder).life is Life.LOST
    assert _with_marker(spec.folder) == 0


# ------------------------------------------------------------------------------ somebody is killed


async def test_a_process_outlives_its_launcher_and_others_know_of_it(instances, tmp_path):
    """Seaway owns nothing that runs: kill -9 of it changes nothing."""
    spec = instances.spec("sleep", "600")
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(spec.folder), str(tmp_path)],
        stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    with launcher:
        assert launcher.stdout is not None
        assert launcher.stdout.readline() == b"launched\n"
        launcher.kill()
    await until(lambda: not alive(launcher.pid))

    state = launch.state(spec.folder)
    assert state.life is Life.RUNNING
    assert alive(state.pid)
    await launch.stop(spec.folder)
    assert launch.state(spec.folder).reason == "stopped"


LAUNCHER = """
import asyncio, os, sys
from pathlib import Path
from seaway.targets.local.launch import launch
from seaway.targets.local.process import ProcessSpec

folder, root = map(Path, sys.argv[1:])

async def main():
    await launch(ProcessSpec(
        folder=folder, run_folder=root / "run" / "stack" / folder.name, argv=("sleep", "600"),
        env={"PATH": os.environ["PATH"]}, cwd=root, log=root / "logs" / "web" / "x.jsonl",
    ))
    print("launched", flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""


async def test_a_number_that_is_a_thread_of_somebody_else_by_now_is_nobody_to_signal(instances):
    """Numbers are given to threads, too, and the kernel says of those that they are invalid."""
    spec = await instances.start("sleep", "600")
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()
    known = json.loads((spec.folder / "pid").read_text())
    (spec.folder / "pid").write_text(json.dumps({**known, "pid": thread.native_id}))

    launch.kill(spec.folder, "SIGKILL")

    over.set()
    thread.join()
    (spec.folder / "pid").write_text(json.dumps(known))
    assert alive(known["pid"])


async def test_killing_a_shim_takes_its_process_along(instances):
    """An instance nobody looks after must not hold a port or a data folder."""
    spec = await instances.start("sleep", "600")
    state = launch.state(spec.folder)

    os.kill(state.shim, signal.SIGKILL)
    await launch.ended(spec.folder)
    await until(lambda: not alive(state.pid))

    assert launch.state(spec.folder).life is Life.LOST


@root_only
@pytest.mark.parametrize("namespace", [False, True])
async def test_the_process_dies_with_its_shim_also_as_another_user(instances, namespace):
    """The kernel forgets that wish when the user changes: it must be made afterwards."""
    spec = await instances.start("sleep", "600", identity=Identity(namespace=namespace))
    state = launch.state(spec.folder)

    os.kill(state.shim, signal.SIGKILL)

    await until(lambda: not alive(state.pid))


async def test_sweeping_finds_those_who_fled_from_a_lost_shim(instances):
    spec = await instances.start(
        *python("""
        import os, time
        for _ in range(3):
            if not os.fork():
                os.setsid()
                if os.fork():
                    os._exit(0)
                time.sleep(600)
        print("ready")
        time.sleep(600)
        """)
    )
    await until(lambda: said(spec))
    bystander = subprocess.Popen(["sleep", "600"])
    state = launch.state(spec.folder)
    os.kill(state.shim, signal.SIGKILL)
    await launch.ended(spec.folder)
    await until(lambda: not alive(state.pid))
    assert _with_marker(spec.folder) == 3

    assert await launch.sweep(spec.folder) == 3

    assert _with_marker(spec.folder) == 0
    assert not spec.run_folder.exists()
    assert alive(bystander.pid)
    bystander.kill()
    bystander.wait()
    assert await launch.sweep(spec.folder) == 0


@pytest.mark.parametrize(
    ("mount", "flight"),
    [
        ("/nowhere", ""),
        ("/sys/fs/cgroup", "setsid -f"),
        ("/sys/fs/cgroup/unified", "setsid -f"),
    ],
)
async def test_sweeping_finds_those_without_an_environment(instances, monkeypatch, mount, flight):
    """Servers write their title over it: by their session, or their group, they are known."""
    if mount != "/nowhere" and not os.access(mount, os.W_OK):
        pytest.skip(f"no control groups at {mount} here")
    monkeypatch.setattr(launch, "SHIM", shim_with_groups_at(mount, instances.root))
    spec = await instances.start(
        "sh", "-c", f"sleep 0.2; env -i {flight} sleep 6543 & echo ready; sleep 600"
    )
    await until(lambda: _sleepers(spec.folder))
    shim = launch.state(spec.folder).shim
    os.kill(shim, signal.SIGKILL)
    await launch.ended(spec.folder)
    assert len(_sleepers(spec.folder)) == 1

    await launch.sweep(spec.folder)

    assert _sleepers(spec.folder) == []


def _sleepers(folder: Path) -> list[int]:
    """Those that sleep for the number of seconds that only this test uses."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
        except OSError:
            continue
        if words == b"sleep\x006543\x00" and alive(int(entry.name)):
            found.append(int(entry.name))
    return found


async def test_what_a_power_cut_spoilt_counts_as_lost(instances):
    """`observe` must not fail for one instance whose file is empty."""
    folder = instances.spec("true").folder
    (folder / "pid").write_text("")

    assert launch.state(folder).life is Life.LOST
    assert await launch.sweep(folder) == 0


async def test_sweeping_leaves_a_living_instance_alone(instances):
    spec = await instances.start("sleep", "600")

    assert await launch.sweep(spec.folder) == 0

    assert alive(launch.state(spec.folder).pid)


def _with_marker(folder: Path) -> int:
    """How many processes belong to the instance, by their environment."""
    marker = f"SEAWAY_FOLDER={folder}".encode()
    found = 0
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        found += marker in environment and alive(int(entry.name))
    return found
