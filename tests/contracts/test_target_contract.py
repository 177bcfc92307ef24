"""The contract of targets: one suite, run on every target that can run here."""

import asyncio

import pytest

from seaway.model.instance import Phase
from seaway.plan.steps import Create, Forget, Start, Stop
from tests.contracts.targets import STAGES, phase_of, web


@pytest.fixture(params=sorted(STAGES))
async def stage(request, tmp_path):
    stage = await STAGES[request.param](tmp_path)
    yield stage
    await stage.close()


async def test_an_empty_place_has_no_instances(stage):
    assert await stage.seen() == ()


async def test_a_created_instance_waits_to_be_started(stage):
    """Preparing may take minutes and must not wait for what it uses."""
    workload = web(stage.folder)
    await stage.perform(Create(workload=workload, slot=0, deaths=2), workload)

    [made] = await stage.seen()

    assert made.phase is Phase.PREPARED
    assert (made.workload, made.digest, made.slot) == ("web", workload.digest, 0)
    assert made.deaths == 2
    assert made.addresses["http"].port > 0


async def test_a_started_instance_gets_ready(stage):
    instance = await stage.ready(web(stage.folder))

    assert instance.phase is Phase.READY
    assert instance.since >= instance.created


async def test_creating_the_same_twice_makes_one(stage):
    """A step may be repeated: whoever performed it may have been killed before saying so."""
    workload = web(stage.folder)
    await stage.perform(Create(workload=workload, slot=0), workload)
    await stage.perform(Create(workload=workload, slot=0), workload)

    assert len(await stage.seen()) == 1


async def test_starting_twice_starts_once(stage):
    workload = web(stage.folder)
    first = await stage.ready(workload)
    await stage.perform(Start(instance=first, workload=workload), workload)

    assert await stage.seen() == (first,)


async def test_equal_instances_have_different_addresses(stage):
    workload = web(stage.folder)
    first, second = await stage.ready(workload, 0), await stage.ready(workload, 1)

    assert first.id != second.id
    assert first.addresses["http"] != second.addresses["http"]


async def test_an_instance_that_was_stopped_is_done(stage):
    workload = web(stage.folder)
    instance = await stage.ready(workload)
    await stage.perform(Stop(instance=instance, why="replaced"), workload)

    [stopped] = await stage.seen()

    assert (stopped.phase, stopped.reason) == (Phase.DONE, "replaced")


async def test_stopping_what_was_never_started_ends_it(stage):
    workload = web(stage.folder)
    await stage.perform(Create(workload=workload, slot=0), workload)
    [made] = await stage.seen()
    await stage.perform(Stop(instance=made, why="no longer wanted"), workload)
    await stage.perform(Start(instance=made, workload=workload), workload)

    assert phase_of(made.id, await stage.seen()) is Phase.DONE


async def test_an_instance_stopped_because_it_failed_has_died(stage):
    """The pause before the next try depends on it."""
    workload = web(stage.folder)
    instance = await stage.ready(workload)
    await stage.perform(Stop(instance=instance, why="live check failed", failed=True), workload)

    [stopped] = await stage.seen()

    assert (stopped.phase, stopped.reason, stopped.deaths) == (Phase.DEAD, "live check failed", 1)


async def test_a_killed_instance_is_seen_as_dead(stage):
    instance = await stage.ready(web(stage.folder))
    stage.kill(instance)

    [dead] = await stage.until(lambda seen: seen and seen[0].phase is Phase.DEAD)

    assert (dead.deaths, dead.reason) == (1, "killed by SIGKILL")


async def test_a_replacement_may_be_made_and_started_by_one_step(stage):
    workload = web(stage.folder)
    create = Create(workload=workload, slot=0, deaths=1, start=True)
    await stage.perform(create, workload)
    await stage.perform(create, workload)

    [ready] = await stage.until(lambda seen: seen and seen[0].phase is Phase.READY)

    assert (ready.slot, ready.deaths) == (0, 1)


async def test_deaths_in_a_row_are_counted_over_instances(stage):
    workload = web(stage.folder)
    await stage.perform(Create(workload=workload, slot=0, deaths=3), workload)
    [made] = await stage.seen()
    await stage.perform(Start(instance=made, workload=workload), workload)
    [ready] = await stage.until(lambda seen: seen[0].phase is Phase.READY)
    stage.kill(ready)

    [dead] = await stage.until(lambda seen: seen[0].phase is Phase.DEAD)

    assert (dead.deaths, dead.release) == (4, 1)


async def test_an_instance_that_fails_its_check_is_not_ready(stage):
    instance = await stage.ready(web(stage.folder))
    stage.fail_ready(instance)

    [failing] = await stage.until(lambda seen: seen[0].phase is Phase.UNREADY)

    assert failing.reason == "answered 503"


async def test_what_is_forgotten_is_gone(stage):
    workload = web(stage.folder)
    instance = await stage.ready(workload)
    await stage.perform(Stop(instance=instance, why="over"), workload)
    await stage.perform(Forget(instance=instance), workload)

    assert await stage.seen() == ()


async def test_what_runs_is_not_forgotten(stage):
    """A plan made before the last look may say so: nothing may run that nobody knows of."""
    workload = web(stage.folder)
    instance = await stage.ready(workload)
    await stage.perform(Forget(instance=instance), workload)

    assert await stage.seen() == (instance,)


async def test_another_seaway_sees_the_same(stage):
    """The state is where the instances are, not in the memory of who started them."""
    workload = web(stage.folder)
    await stage.ready(workload)
    await stage.perform(Create(workload=workload, slot=1), workload)
    first = await stage.seen()

    assert await stage.open().observe() == first


async def test_a_change_is_told_once(stage):
    """Whoever listens in a loop must neither sleep through a change nor spin."""
    await stage.seen()
    workload = web(stage.folder)
    await stage.perform(Create(workload=workload, slot=0), workload)

    await asyncio.wait_for(stage.target.changed(), 5)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(stage.target.changed(), 0.05)
