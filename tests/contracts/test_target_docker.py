"""What only containers must do: few rights, no secret that the engine knows, closed networks."""

import asyncio
import json
import re
import shutil
from contextlib import aclosing
from dataclasses import replace

import pytest

from seaway.model.instance import Phase
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.text import Secret, SecretFile, Text
from seaway.plan.steps import Create, Forget, Start, Stop
from seaway.ports.target import LogQuery
from seaway.targets.docker.engine import Engine
from tests.contracts.targets import STACK, docker_stage, web

SECRET = "s3cr3t/token"
CALL = "import socket, sys; socket.create_connection((sys.argv[1], 8000), 2)"


@pytest.fixture
async def stage(tmp_path):
    stage = await docker_stage(tmp_path)
    yield stage
    await stage.close()


async def said(stage, instance, *argv):
    return await stage.target.ask(instance, Release(stack=STACK), argv)


async def inspected():
    """All that the engine would tell anybody of the containers of these tests."""
    engine = Engine()
    filters = {"label": [f"seaway.stack={STACK}"]}
    table = await engine.call("GET", "/containers/json", query={"all": True, "filters": filters})
    return [await engine.call("GET", f"/containers/{each['Id']}/json") for each in table]


async def test_the_engine_knows_no_secret_and_the_program_does(stage):
    """Whoever may ask the engine, and every backup of it, reads what `inspect` shows."""
    workload = web(stage.folder)
    env = {
        **workload.env,
        "TOKEN": Text.of(Secret(name="TOKEN", version=1)),
        "TOKEN_FILE": Text.of(SecretFile(name="TOKEN", version=1)),
    }
    instance = await stage.ready(replace(workload, env=env))

    told = await said(stage, instance, "sh", "-c", 'printf "%s " "$TOKEN"; cat "$TOKEN_FILE"')

    assert told.out.decode() == f"{SECRET} {SECRET}"
    assert SECRET not in json.dumps(await inspected())


async def test_a_program_has_few_rights(stage):
    instance = await stage.ready(web(stage.folder))

    status = (await said(stage, instance, "cat", "/proc/self/status")).out.decode()
    written = await said(stage, instance, "touch", "/anything")
    socket = await said(stage, instance, "test", "-e", "/var/run/docker.sock")

    assert not re.search(r"^Uid:.*\b0\b", status, re.MULTILINE)
    assert re.search(r"^CapEff:\s0+$", status, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\s1$", status, re.MULTILINE)
    assert b"Read-only file system" in written.problem
    assert socket.status == 1


async def test_only_those_who_use_each_other_can_talk(stage):
    provider = replace(web(stage.folder), name=Name("provider"))
    user = replace(web(stage.folder), name=Name("user"), uses=(Name("provider"),))
    stranger = replace(web(stage.folder), name=Name("stranger"))
    release = Release(stack=STACK, number=1, workloads=(provider, user, stranger))
    for each in release.workloads:
        await stage.target.perform(Create(workload=each, slot=0), release)
    for instance in await stage.seen():
        workload = release.find(instance.workload)
        await stage.target.perform(Start(instance=instance, workload=workload), release)
    seen = await stage.until(lambda seen: all(each.phase is Phase.READY for each in seen))
    by_name = {each.workload: each for each in seen}
    [shown] = [
        each for each in await inspected()
        if each["Config"]["Labels"]["seaway.workload"] == "provider"
    ]  # fmt: skip
    addresses = [each["IPAddress"] for each in shown["NetworkSettings"]["Networks"].values()]

    allowed = await said(stage, by_name["user"], "python3", "-c", CALL, "provider")
    named = await said(stage, by_name["stranger"], "python3", "-c", CALL, "provider")
    reached = [
        (await said(stage, by_name["stranger"], "python3", "-c", CALL, address)).status
        for address in addresses
    ]

    assert allowed.status == 0, allowed.problem
    assert named.status == 1
    assert addresses
    assert all(status == 1 for status in reached)


async def test_copies_that_are_made_at_once_share_one_network(stage):
    """The engine gives one name to two networks, and afterwards refuses it as ambiguous."""
    workload = replace(web(stage.folder), name=Name("twin"))
    release = Release(stack=STACK, number=1, workloads=(workload,))

    await asyncio.gather(*(
        stage.target.perform(Create(workload=workload, slot=slot), release) for slot in range(6)
    ))  # fmt: skip

    filters = {"label": [f"seaway.stack={STACK}"]}
    found = await Engine().call("GET", "/networks", query={"filters": filters})
    names = [each["Name"] for each in found]
    assert names
    assert len(names) == len(set(names))


async def test_who_comes_later_reaches_what_ran_before(stage):
    """A new service of a deploy, and all services after a restore, use stores that were alone."""
    provider = replace(web(stage.folder), name=Name("provider"))
    user = replace(web(stage.folder), name=Name("user"), uses=(Name("provider"),))
    await stage.ready(provider)
    release = Release(stack=STACK, number=2, workloads=(provider, user))

    await stage.target.perform(Create(workload=user, slot=0), release)
    [late] = [each for each in await stage.seen() if each.workload == "user"]
    await stage.target.perform(Start(instance=late, workload=user), release)
    await stage.until(lambda seen: all(each.phase is Phase.READY for each in seen))

    called = await said(stage, late, "python3", "-c", CALL, "provider")
    assert called.status == 0, called.problem


async def test_what_a_killed_seaway_was_making_is_seen_and_removed(stage):
    """A container that nobody knows of would be left behind by every `down`."""
    workload = web(stage.folder)
    await stage.perform(Create(workload=workload, slot=0), workload)
    [made] = await stage.seen()
    shutil.rmtree(stage.state.instance(made.id))

    looked = await stage.open().observe()
    kept = await stage.seen()

    assert [each.id for each in looked] == [made.id]
    assert not kept
    assert not await inspected()


async def test_the_last_lines_of_a_container_outlive_it(stage):
    workload = web(stage.folder)
    instance = await stage.ready(workload)
    await stage.perform(Stop(instance=instance, why="over"), workload)
    await stage.perform(Forget(instance=instance), workload)

    lines = [each async for each in stage.target.lines(LogQuery())]

    assert {each.instance for each in lines} == {instance.id}
    assert any(each.stream == "stdout" and "%s" in each.text for each in lines)
    assert [each.at for each in lines] == sorted(each.at for each in lines)


async def test_who_follows_hears_at_once_what_was_said_before(stage):
    """A rollout counts from a minute before it; to wait for an end that never comes counts none."""
    instance = await stage.ready(web(stage.folder))

    async with asyncio.timeout(20), aclosing(stage.target.lines(LogQuery(follow=True))) as lines:
        first = await anext(lines)

    assert first.instance == instance.id
