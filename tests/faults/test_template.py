"""Shims that are copies of a loaded one: the same in all but the time they take to start."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from seaway.targets.local import launch
from seaway.targets.local.copying import Template
from seaway.targets.local.process import Life
from tests.faults.shims import Instances, alive, until

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
async def instances(tmp_path):
    tmp_path.chmod(0o755)
    made = Instances(tmp_path)
    yield made
    await made.end()


@pytest.fixture
def template():
    made = Template()
    made.start()
    yield made
    made.close()


def helpers(template):
    """The template and the copy that waits."""
    session = {template._pid}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes()
            if b"--template\0 " in words and _peer(entry) == _peer(Path(f"/proc/{template._pid}")):
                session.add(int(entry.name))
        except OSError:
            continue
    return session


def _peer(entry):
    return (entry / "fd" / "0").readlink()


async def test_a_copy_is_nobodys_child_and_bears_the_name_of_its_instance(instances, template):
    spec = instances.spec("sleep", "600")

    await launch.launch(spec, template)

    shim = launch.state(spec.folder).shim
    status = Path(f"/proc/{shim}/status").read_text()
    assert f"PPid:\t{template._pid}\n" not in status
    assert f"PPid:\t{os.getpid()}\n" not in status
    assert os.getsid(shim) == shim
    assert spec.folder.name.encode() in Path(f"/proc/{shim}/cmdline").read_bytes()


async def test_a_copy_holds_nothing_that_was_open_when_the_template_was_started(instances):
    """Else a lock of whoever called Seaway would be held as long as its services run."""
    kept, theirs = os.pipe()
    os.set_inheritable(theirs, True)  # noqa: FBT003
    template = Template()
    template.start()
    os.close(theirs)
    await launch.launch(instances.spec("sleep", "600"), template)

    assert os.read(kept, 1) == b""

    os.close(kept)
    template.close()


async def test_many_copies_at_once_are_each_their_own(instances, template):
    specs = [instances.spec("sleep", "600") for _ in range(12)]

    await asyncio.gather(*(launch.launch(spec, template) for spec in specs))

    states = [launch.state(spec.folder) for spec in specs]
    assert {state.life for state in states} == {Life.RUNNING}
    assert len({state.shim for state in states}) == len({state.pid for state in states}) == 12


async def test_without_a_template_the_next_start_is_only_slower(instances, template):
    """Whoever kills helpers must not keep services from coming back."""
    await launch.launch(instances.spec("sleep", "600"), template)
    for pid in helpers(template):
        os.kill(pid, signal.SIGKILL)
    await until(lambda: not alive(template._pid))
    spec = instances.spec("sleep", "600")

    await launch.launch(spec, template)

    assert launch.state(spec.folder).life is Life.RUNNING


async def test_when_only_the_waiting_copy_is_killed_another_takes_its_place(instances, template):
    await until(lambda: len(helpers(template)) == 2)
    for pid in helpers(template) - {template._pid}:
        os.kill(pid, signal.SIGKILL)
    spec = instances.spec("sleep", "600")

    await launch.launch(spec, template)

    assert launch.state(spec.folder).life is Life.RUNNING


async def test_the_template_ends_with_seaway_and_its_copies_do_not(instances, template):
    spec = instances.spec("sleep", "600")
    await launch.launch(spec, template)
    await until(lambda: len(helpers(template)) == 2)
    known = helpers(template)

    template.close()

    await until(lambda: not any(alive(pid) for pid in known))
    assert launch.state(spec.folder).life is Life.RUNNING
