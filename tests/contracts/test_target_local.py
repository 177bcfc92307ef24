"""What only the local target can do, and must: processes outlive Seaway, data is never lost."""

import asyncio
import json
import os
import signal
import socket
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from seaway.errors import DataRefused, StepFailed
from seaway.model.instance import Phase
from seaway.model.names import Name
from seaway.model.probe import Checks, ExecProbe, HttpProbe, PartProbe, TcpProbe
from seaway.model.release import Release
from seaway.model.text import Own, Port, Secret, SecretFile, Text
from seaway.model.workload import Build, Command, Role, Server, Volume
from seaway.plan.steps import Create, Forget, Start, Stop
from seaway.ports.target import LogQuery
from seaway.targets.local import launch
from seaway.targets.local.parts import PARTS
from seaway.targets.local.tools import find_uv
from tests.contracts.targets import STACK, local_stage, local_state, open_local, phase_of, web


@pytest.fixture
async def stage(tmp_path):
    stage = await local_stage(tmp_path)
    yield stage
    await stage.close()


def program(folder, code, **changes):
    """A workload that runs a piece of Python."""
    command = Command(argv=("python3", "-c", code), build=Build(folder=str(folder)))
    return web(folder, program=command, **changes)


async def made(stage, workload, slot=0):
    await stage.perform(Create(workload=workload, slot=slot), workload)
    [instance] = [each for each in await stage.seen() if each.phase is Phase.PREPARED]
    return instance


async def started(stage, workload):
    instance = await made(stage, workload)
    await stage.perform(Start(instance=instance, workload=workload), workload)
    return instance


def alive(pid):
    """One that has ended and that nobody has waited for is not."""
    try:
        return "State:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


async def replaced(stage, workload, instance):
    """Stopped and forgotten, then made anew."""
    await stage.perform(Stop(instance=instance, why="replaced"), workload)
    await stage.perform(Forget(instance=instance), workload)
    return await started(stage, workload)


# ------------------------------------------------------------------------- without Seaway


SEAWAY = """
import asyncio, sys
from pathlib import Path
from seaway.targets.local.tools import find_uv
from tests.contracts.targets import STACK, open_local, web
from seaway.model.release import Release
from seaway.plan.steps import Create, Start

async def main():
    folder = Path(sys.argv[1])
    workload = web(folder)
    release = Release(stack=STACK, number=1, workloads=(workload,))
    async with open_local(folder) as target:
        await target.perform(Create(workload=workload, slot=0), release)
        [made] = await target.observe()
        await target.perform(Start(instance=made, workload=workload), release)
        while (await target.observe())[0].phase.value != "ready":
            await target.changed()
        print("ready", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


async def test_instances_outlive_a_killed_seaway_and_the_next_one_adopts_them(stage):
    """Seaway owns nothing that runs: an upgrade or a crash must stop no service."""
    other = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        SEAWAY,
        str(stage.folder),
        stdout=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    assert other.stdout
    assert await asyncio.wait_for(other.stdout.readline(), 30) == b"ready\n"
    other.kill()
    await other.wait()

    [adopted] = await stage.seen()

    assert adopted.phase is Phase.READY
    stage.kill(adopted)
    [dead] = await stage.until(lambda seen: seen[0].phase is Phase.DEAD)
    assert dead.id == adopted.id


async def test_leaving_the_target_stops_nothing_and_leaves_no_task(stage):
    instance = await stage.ready(web(stage.folder))
    before = asyncio.all_tasks()

    async with open_local(stage.folder) as second:
        assert await second.observe() == (instance,)

    async with asyncio.timeout(5):  # the first one asks its instance now and then, in short tasks
        while asyncio.all_tasks() - before:  # noqa: ASYNC110 -- tasks tell nobody that they are gone
            await asyncio.sleep(0.01)
    assert (await stage.seen())[0].phase is Phase.READY


async def test_a_stop_that_was_begun_is_finished_by_the_next_seaway(stage):
    """The mark says that it was wanted; whoever finds it goes on."""
    workload = web(stage.folder)
    instance = await stage.ready(workload)
    mark = local_state(stage.folder).instance(instance.id) / "stopping"
    mark.write_text('{"at": "2026-01-01T00:00:00+00:00", "why": "replaced", "failed": false}')

    [stopped] = await stage.until(lambda seen: seen[0].phase.over)

    assert (stopped.phase, stopped.reason) == (Phase.DONE, "replaced")


async def test_what_a_killed_seaway_was_making_is_removed(stage):
    workload = web(stage.folder)
    instance = await made(stage, workload)
    (local_state(stage.folder).instance(instance.id) / "prepared").unlink()

    assert await stage.seen() == ()


async def test_a_killed_shim_is_seen_as_a_death_and_nothing_is_left(stage):
    """Nobody knows how it ended: it is swept and counted as dead."""
    instance = await stage.ready(web(stage.folder))
    shim = launch.state(local_state(stage.folder).instance(instance.id)).shim
    os.kill(shim, signal.SIGKILL)

    [dead] = await stage.until(lambda seen: seen[0].phase is Phase.DEAD)

    assert dead.reason == "lost"
    assert not alive(instance.pid)


# ------------------------------------------------------------------------------- probes


async def test_one_that_does_not_get_ready_in_time_is_sick(stage):
    checks = Checks(ready=TcpProbe(port="http"), start=timedelta(seconds=0.3))
    await started(stage, program(stage.folder, "import time; time.sleep(60)", checks=checks))

    [sick] = await stage.until(lambda seen: seen[0].phase is Phase.SICK)

    assert sick.reason == "not ready after 0.3 s: connection refused"


async def test_one_whose_live_check_fails_is_sick(stage):
    await stage.ready(web(stage.folder))
    (stage.folder / "broken").write_text("/live")

    [sick] = await stage.until(lambda seen: seen[0].phase is Phase.SICK)

    assert sick.reason == "live check failed: answered 503"


async def test_one_that_answers_again_is_ready_again(stage):
    instance = await stage.ready(web(stage.folder))
    stage.fail_ready(instance)
    await stage.until(lambda seen: seen[0].phase is Phase.UNREADY)
    (stage.folder / "broken").unlink()

    [again] = await stage.until(lambda seen: seen[0].phase is Phase.READY)

    assert again.since > instance.since


async def test_figures_change_while_it_runs(stage):
    """A new release with other figures replaces no instance."""
    slow = Checks(ready=HttpProbe(path="/ready"), every=timedelta(seconds=0.2), failures=10_000)
    workload = web(stage.folder, checks=slow)
    instance = await stage.ready(workload)
    quick = web(stage.folder, checks=replace(slow, failures=1))
    seen = await stage.seen()
    stage.target.plan(Release(stack=STACK, workloads=(quick,)), seen, instance.since)
    stage.fail_ready(instance)

    await stage.until(lambda seen: seen[0].phase is Phase.UNREADY)

    assert quick.digest == workload.digest


async def test_a_command_can_be_the_probe(stage):
    """With the environment of the instance: it must be able to fail for its own reasons."""
    probe = ExecProbe(argv=("python3", "-c", "import os; os.stat(os.environ['BROKEN'])"))
    workload = web(stage.folder, checks=Checks(ready=probe))
    await started(stage, workload)
    [waiting] = await stage.until(lambda seen: seen[0].reason)

    (stage.folder / "broken").touch()
    await stage.until(lambda seen: seen[0].phase is Phase.READY)

    assert "No such file" in waiting.reason


# ---------------------------------------------------------------------- what it is given


SHOW = "import os, sys, json; print(json.dumps([dict(os.environ), sys.argv[1:], os.getcwd()]))"


async def said(stage, instance):
    """The first line that the instance printed."""
    await stage.until(lambda seen: all(each.phase.over for each in seen))
    lines = [line async for line in stage.target.lines(LogQuery())]
    return [line.text for line in lines if line.instance == instance.id]


async def test_a_program_gets_its_settings_and_little_else(stage):
    env = {
        "PORT": Text.of(Own(what="port", name="http")), "ID": Text.of(Own(what="instance")),
        "URL": Text.of("x://", Secret(name="TOKEN", version=1, quoted=True), "@"),
    }  # fmt: skip
    argv = ("python3", "-c", SHOW, "--port", "$PORT", "cost: 3$$")
    workload = web(
        stage.folder, env=env, role=Role.JOB,
        program=Command(argv=argv, build=Build(folder=str(stage.folder))),
    )  # fmt: skip
    instance = await started(stage, workload)
    [line] = await said(stage, instance)

    given, arguments, folder = json.loads(line)

    assert given["URL"] == "x://s3cr3t%2Ftoken@"
    assert given["ID"] == instance.id
    assert arguments == ["--port", str(instance.addresses["http"].port), "cost: 3$"]
    assert folder == str(stage.folder)
    assert given["LANG"] == "C.UTF-8"
    assert set(given) <= {
        "PORT", "ID", "URL", "PATH", "HOME", "LANG", "LC_CTYPE", "TZ", "PYTHONUNBUFFERED",
        "PYTHONPATH", "SEAWAY_INSTANCE", "SEAWAY_FOLDER",
    }  # fmt: skip


async def test_a_secret_file_can_be_read_by_the_instance_alone(stage):
    code = (
        "import os; p = os.environ['F'];"
        "print(open(p).read(), oct(os.stat(p).st_mode & 0o777), flush=True)"
    )
    env = {"F": Text.of(SecretFile(name="TOKEN"))}
    instance = await started(stage, program(stage.folder, code, env=env, role=Role.JOB))

    assert await said(stage, instance) == ["s3cr3t/token 0o400"]


async def test_no_secret_is_put_into_an_argument(stage):
    """Everybody on the machine can read the arguments of a process."""
    command = Command(argv=("python3", "$TOKEN"), build=Build(folder=str(stage.folder)))
    workload = web(stage.folder, program=command, env={"TOKEN": Text.of(Secret(name="TOKEN"))})
    with pytest.raises(StepFailed) as failed:
        await started(stage, workload)

    [dead] = await stage.seen()

    assert failed.value.code == "SW255"
    assert dead.phase is Phase.DEAD
    assert "s3cr3t" not in dead.reason


async def test_a_program_that_is_not_there_is_a_death_with_a_reason(stage):
    command = Command(argv=("no-such-program",), build=Build(folder=str(stage.folder)))
    with pytest.raises(StepFailed):
        await started(stage, web(stage.folder, program=command))

    [dead] = await stage.seen()

    assert (dead.phase, dead.deaths) == (Phase.DEAD, 1)
    assert "no-such-program" in dead.reason


async def test_a_job_that_ended_well_is_done(stage):
    instance = await started(stage, program(stage.folder, "print('hi')", role=Role.JOB))

    [done] = await stage.until(lambda seen: seen[0].phase.over)

    assert (done.id, done.phase) == (instance.id, Phase.DONE)


async def test_a_service_that_ends_by_itself_has_died(stage):
    await started(stage, program(stage.folder, "raise SystemExit(3)"))

    [dead] = await stage.until(lambda seen: seen[0].phase.over)

    assert (dead.phase, dead.reason) == (Phase.DEAD, "exit 3")


async def test_a_user_of_another_gets_its_address(stage):
    first = await stage.ready(web(stage.folder))
    code = "import os; print(os.environ['WEB'], flush=True)"
    env = {"WEB": Text.of(Port(workload=Name("web"), port="http"))}
    job = program(stage.folder, code, role=Role.JOB, env=env, name=Name("user"))
    user = await started(stage, job)
    await stage.until(lambda seen: phase_of(user.id, seen) is Phase.DONE)

    lines = [line.text async for line in stage.target.lines(LogQuery(workloads={"user"}))]

    assert lines == [str(first.addresses["http"].port)]


async def test_a_command_runs_where_an_instance_runs(stage, capfd):
    workload = web(stage.folder)
    instance = await stage.ready(workload)
    release = Release(stack=STACK, number=1, workloads=(workload,))
    code = "import os; print(os.environ['PORT']); raise SystemExit(4)"

    status = await stage.target.execute(instance, release, ("python3", "-c", code))

    assert status == 4
    assert capfd.readouterr().out.strip() == str(instance.addresses["http"].port)


# ------------------------------------------------------------------------ ports and data


def store(folder, **changes):
    return web(folder, role=Role.STORE, volumes=(Volume(name="data"),), **changes)


async def test_a_store_keeps_its_port(stage):
    """Others carry its address in their environment."""
    workload = store(stage.folder)
    first = await started(stage, workload)
    second = await replaced(stage, workload, first)

    assert first.id != second.id
    assert first.addresses == second.addresses


async def test_a_stranger_on_the_port_of_a_store_is_named(stage):
    workload = store(stage.folder)
    first = await started(stage, workload)
    await stage.perform(Stop(instance=first, why="test"), workload)
    with socket.create_server(("127.0.0.1", first.addresses["http"].port)):
        with pytest.raises(StepFailed) as failed:
            await started(stage, workload)
        seen = await stage.seen()

    assert f"(pid {os.getpid()})" in str(failed.value.facts["holder"])
    assert {each.phase for each in seen} == {Phase.DONE, Phase.DEAD}


async def test_data_outlives_instances(stage):
    workload = store(stage.folder, env={"DATA": Text.of(Own(what="volume", name="data"))})
    code = (
        "import os, pathlib, time; p = pathlib.Path(os.environ['DATA'], 'x');"
        "print(p.exists(), flush=True); p.touch(); time.sleep(60)"
    )
    command = Command(argv=("python3", "-c", code), build=Build(folder=str(stage.folder)))
    workload = replace(workload, program=command, checks=Checks())
    first = await started(stage, workload)
    await stage.until(lambda seen: phase_of(first.id, seen) is Phase.READY)
    second = await replaced(stage, workload, first)
    await stage.until(lambda seen: phase_of(second.id, seen) is Phase.READY)

    lines = [line.text async for line in stage.target.lines(LogQuery())]

    assert lines == ["False", "True"]


@pytest.mark.parametrize("harm", ["the data is gone", "the volume is gone"])
async def test_nothing_starts_on_an_empty_volume_where_data_was(stage, harm):
    """A disk that is not mounted must not become a new, empty database."""
    workload = store(stage.folder)
    instance = await started(stage, workload)
    volume = local_state(stage.folder).volume("web", "data")
    (volume / "data" / "rows").write_text("precious")
    await stage.perform(Stop(instance=instance, why="test"), workload)
    volume.rename(stage.folder / "elsewhere")
    if harm == "the data is gone":
        (volume / "data").mkdir(parents=True)
        (volume / ".seaway-volume").write_bytes(
            (stage.folder / "elsewhere" / ".seaway-volume").read_bytes()
        )

    with pytest.raises(DataRefused):
        await started(stage, workload)

    [reason] = [each.reason for each in await stage.seen() if each.phase is Phase.DEAD]
    assert "there was data before" in reason


async def test_data_is_destroyed_only_when_nothing_runs(stage):
    workload = store(stage.folder)
    instance = await started(stage, workload)
    with pytest.raises(DataRefused):
        await stage.target.destroy()
    await stage.perform(Stop(instance=instance, why="test"), workload)
    [(name, volume, _)] = await stage.target.volumes()
    await stage.target.destroy()

    assert (name, volume) == ("web", "data")
    assert await stage.target.volumes() == ()


# ------------------------------------------------------------------------- parts, builds


@pytest.fixture
def echo(monkeypatch, tmp_path):
    monkeypatch.setitem(PARTS, "echo", "tests.contracts.part_echo:EchoPart")
    return web(
        tmp_path, role=Role.STORE, program=Server(part="echo"), ports={"tcp": 1}, env={},
        volumes=(Volume(name="data"),), checks=Checks(ready=PartProbe()),
    )  # fmt: skip


async def test_a_part_is_prepared_started_and_settled_before_it_is_ready(stage, echo):
    """Users and databases must be there before whoever uses it starts."""
    instance = await started(stage, echo)
    await stage.until(lambda seen: phase_of(instance.id, seen) is Phase.READY)
    data = local_state(stage.folder).volume("web", "data") / "data"

    assert (data / "settled").read_text() == str(os.getpid())


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
async def test_a_part_does_not_run_as_root(stage, echo):
    await started(stage, echo)
    [seen] = await stage.until(lambda seen: seen[0].phase is Phase.READY)
    data = local_state(stage.folder).volume("web", "data") / "data"
    status = Path(f"/proc/{seen.pid}/status").read_text()

    assert (data / "made").read_text() == "65534\n"
    inside = Path(f"/proc/{seen.pid}/uid_map").read_text().split()[0] == "65534"
    assert inside or "Uid:\t65534" in status


async def test_a_command_runs_as_the_part_does(stage, echo, capfd):
    """What it writes into the part's data must belong to the part."""
    await started(stage, echo)
    [instance] = await stage.until(lambda seen: seen[0].phase is Phase.READY)
    release = Release(stack=STACK, number=1, workloads=(echo,))

    code = "import os; print(os.getuid(), os.environ['PORT'])"
    status = await stage.target.execute(instance, release, (sys.executable, "-c", code))

    who = 65534 if os.getuid() == 0 else os.getuid()
    assert status == 0
    assert capfd.readouterr().out.split() == [str(who), str(instance.addresses["tcp"].port)]


async def test_a_failed_build_is_a_death_whose_log_says_why(stage):
    """So that it is tried again after a pause, and not for ever."""
    build = Build(folder=str(stage.folder), command="echo no such module; exit 2", fingerprint="1")
    workload = web(stage.folder, program=Command(argv=("python3",), build=build))
    with pytest.raises(StepFailed):
        await started(stage, workload)

    [dead] = await stage.seen()
    lines = [line async for line in stage.target.lines(LogQuery())]

    assert dead.phase is Phase.DEAD
    assert dead.reason.endswith("no such module")
    assert [(line.stream, line.instance) for line in lines] == [("seaway", dead.id)]


async def test_replicas_share_a_build_and_keep_its_output(stage):
    """A rolling release builds anew in the same folder while old instances serve theirs."""
    output = stage.folder / "dist"
    command = "mkdir -p dist && date +%N >> dist/log && cp dist/log dist/index.html"
    build = Build(folder=str(stage.folder), command=command, output=str(output), fingerprint="1")
    show = "import os; print(open(os.environ['SEAWAY_BUILD'] + '/index.html').read())"
    workload = web(
        stage.folder, role=Role.JOB, program=Command(argv=("python3", "-c", show), build=build)
    )
    first, second = Create(workload=workload, slot=0), Create(workload=workload, slot=1)
    await asyncio.gather(stage.perform(first, workload), stage.perform(second, workload))
    (output / "index.html").write_text("of another release")
    for instance in await stage.seen():
        await stage.perform(Start(instance=instance, workload=workload), workload)
    await stage.until(lambda seen: all(each.phase is Phase.DONE for each in seen))

    lines = [line.text async for line in stage.target.lines(LogQuery()) if line.text]

    assert len((output / "log").read_text().splitlines()) == 1
    assert len(lines) == 2
    assert "of another release" not in lines


@pytest.mark.skipif(find_uv(os.environ) is None, reason="uv is not installed")
async def test_a_python_project_gets_an_environment_of_its_own(stage):
    (stage.folder / "requirements.txt").write_text("# nothing\n")
    code = "import sys; print(sys.prefix)"
    instance = await started(stage, program(stage.folder, code, role=Role.JOB))

    [line] = await said(stage, instance)

    assert line.startswith(str(local_state(stage.folder).builds))
