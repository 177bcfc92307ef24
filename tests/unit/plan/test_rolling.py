"""What the rolling planner promises, whatever happens in between."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.model.instance import Phase, Traffic
from seaway.model.workload import Restarting, Role
from seaway.plan.steps import Create, Start, Stop
from seaway.plan.verdict import given_up, hopeless, in_place
from tests.unit.plan.world import World, release, workload


def test_what_is_used_starts_first():
    """An application that starts before its database dies for nothing."""
    db = workload("db", role=Role.STORE)
    api = workload("api", uses=("db",))
    world, wanted = World(), release(db, api)

    world.settle(wanted)

    starts = [step.instance.workload for step in world.done if isinstance(step, Start)]
    assert starts == ["db", "api"]
    assert in_place(wanted, world.instances, world.now)


def test_a_replacement_is_started_by_the_same_step_if_what_it_uses_is_ready():
    """A second round of the loop takes as long as the first; what is new is looked at between."""
    db = workload("db", role=Role.STORE)
    api = workload("api", uses=("db",))
    world, wanted = World(), release(db, api)
    world.settle(wanted)
    assert not any(step.start for step in world.done if isinstance(step, Create))

    world.kill(world.live("api")[0], wanted)
    [create] = [step for step in world.plan(wanted) if isinstance(step, Create)]
    world.kill(world.live("db")[0], wanted)
    creates = [step for step in world.plan(wanted) if isinstance(step, Create)]

    assert create.start
    assert {step.workload.name: step.start for step in creates} == {"db": True, "api": False}


def test_a_job_runs_before_its_service_and_once():
    """Migrations run before the code that needs them, and not again for the same code."""
    job = workload("api-before", role=Role.JOB)
    wanted = release(job, workload("api", uses=("api-before",)))
    world = World()

    world.settle(wanted)
    world.turn(wanted)

    made = [step.workload.name for step in world.done if isinstance(step, Create)]
    assert made.count("api-before") == 1
    starts = [step.instance.workload for step in world.done if isinstance(step, Start)]
    assert starts == ["api-before", "api"]


def test_nothing_is_done_twice_when_all_is_as_wanted():
    """Applying a release again changes nothing."""
    wanted = release(workload("db", role=Role.STORE), workload("api", replicas=3, uses=("db",)))
    world = World()
    world.settle(wanted)

    assert world.plan(wanted) == ()


@given(st.integers(1, 6), st.integers(1, 6), st.booleans())
def test_an_update_never_serves_with_less_than_wanted(before, after, balanced):
    """A rolling update keeps min(old, new) instances serving at every single moment."""
    proxy = workload("ingress", role=Role.PROXY)
    old = release(proxy, workload("api", replicas=before, balanced=balanced))
    new = release(proxy, workload("api", replicas=after, balanced=balanced, argv=("v2",)), number=2)
    world = World()
    world.settle(old)
    least = min(before, after)

    def watch(seen: World) -> None:
        serving = [i for i in seen.ready("api") if i.traffic is Traffic.IN or not balanced]
        assert len(serving) >= least
        staying = [i for i in seen.live("api") if i.drain_started is None]
        assert len(staying) <= max(before, after) + 1

    world.watch = watch
    world.settle(new)

    assert in_place(new, world.instances, world.now)
    assert {i.digest for i in world.live("api")} == {new.workloads[1].digest}


def test_a_release_that_never_gets_ready_leaves_the_old_one_serving():
    """Old instances leave only for new ones that serve."""
    old = release(workload("api", replicas=2))
    bad = release(workload("api", replicas=2, argv=("bad",)), number=2)
    world = World()
    world.settle(old)

    for _ in range(30):
        world.turn(bad, ripen=False)
        for each in world.live("api"):
            if each.phase is Phase.STARTING:
                world.kill(each, bad)
        world.now += timedelta(seconds=5)

    assert len([i for i in world.ready("api") if i.digest == old.workloads[0].digest]) == 2
    assert hopeless(bad, world.instances) is not None


def test_a_store_is_stopped_before_it_is_replaced():
    """Two servers on one data folder destroy it."""
    old, new = (release(workload("db", role=Role.STORE, argv=(v,))) for v in ("1", "2"))
    world = World()
    world.settle(old)
    world.watch = lambda seen: None if len(seen.live("db")) <= 1 else 1 / 0

    world.settle(new)

    assert [i.digest for i in world.live("db")] == [new.workloads[0].digest]


def test_users_stop_before_what_they_use():
    """On the way down an application may still need its database."""
    wanted = release(
        workload("db", role=Role.STORE), workload("api", uses=("db",)), workload("w", uses=("api",))
    )
    world = World()
    world.settle(wanted)
    world.done.clear()

    world.settle(release())

    stops = [step.instance.workload for step in world.done if isinstance(step, Stop)]
    assert stops == ["w", "api", "db"]
    assert world.instances == []


def test_the_first_death_is_mended_at_once_and_then_pauses_double():
    """A crash costs nothing, a crash loop costs little."""
    wanted = release(workload("api"))
    world = World()
    world.settle(wanted)
    pauses = []
    for _ in range(6):
        [live] = world.live("api")
        world.kill(live, wanted)
        died = world.now
        world.settle(wanted)
        pauses.append((world.now - died).total_seconds())

    assert pauses == [0, 0.5, 1, 2, 4, 8]


def test_a_crash_loop_ends_and_a_mended_cause_starts_afresh():
    """Ten deaths in a row stop the loop (R138); what it uses coming back ends the wait (S6)."""
    db = workload("db", role=Role.STORE, restarting=Restarting(tries=99))
    api = workload("api", uses=("db",))
    wanted = release(db, api)
    world = World()
    world.settle(wanted)
    for _ in range(10):
        [live] = world.live("api")
        world.kill(live, wanted)
        world.settle(wanted)
    assert world.live("api") == []

    world.now += timedelta(minutes=5)
    world.kill(world.live("db")[0], wanted)
    world.settle(wanted)

    assert len(world.ready("api")) == 1


@pytest.mark.parametrize("deaths", [1, 3, 10])
def test_who_asks_anew_is_not_judged_by_deaths_from_before(deaths):
    """They died of a cause that was mended, or of a power cut: the release is tried at once."""
    first = release(workload("db", role=Role.STORE))
    world = World()
    for _ in range(deaths):
        world.settle(first)
        world.kill(world.live("db")[0], first)
    died, anew = world.now, replace(first, number=2)

    assert hopeless(anew, world.instances) is None
    assert given_up(anew, world.instances) == ()
    world.settle(anew)

    assert in_place(anew, world.instances, died)
    assert world.now == died


def test_who_asks_anew_in_vain_is_told_so_after_as_many_deaths_as_ever():
    """And a crash loop has its pauses again (R138)."""
    first = release(workload("api"))
    world = World()
    world.settle(first)
    for _ in range(3):
        world.kill(world.live("api")[0], first)
        world.settle(first)
    anew, pauses = replace(first, number=2), []
    for _ in range(4):
        world.kill(world.live("api")[0], anew)
        died = world.now
        told = hopeless(anew, world.instances)
        world.settle(anew)
        pauses.append((world.now - died).total_seconds())

    assert told is not None
    assert pauses == [0, 0, 0.5, 1]


def test_a_clock_that_is_set_back_keeps_nobody_waiting():
    """It may have been hours ahead when the machine started."""
    wanted = release(workload("api"))
    world = World()
    world.settle(wanted)
    for _ in range(2):
        world.kill(world.live("api")[0], wanted)
        world.turn(wanted)
    assert world.live("api") == []
    world.now -= timedelta(hours=8)

    world.turn(wanted)

    assert len(world.live("api")) == 1


def test_a_restart_asks_for_new_instances_of_the_same():
    """`restart` raises the revision, and nothing else."""
    wanted = release(workload("api", replicas=2))
    world = World()
    world.settle(wanted)
    before = {i.id for i in world.live("api")}
    again = release(replace(wanted.workloads[0], revision=1), number=2)

    world.settle(again)

    assert len(world.ready("api")) == 2
    assert before.isdisjoint(i.id for i in world.live("api"))


def test_a_scheduled_job_waits_for_its_time_and_runs_once():
    """A nightly report is not a service."""
    wanted = release(workload("job-nightly", role=Role.SCHEDULE, schedule="0 2 * * *"))
    world = World()
    assert world.plan(wanted) == ()

    world.now += timedelta(hours=2, seconds=1)
    world.settle(wanted)
    world.settle(wanted)

    assert len([step for step in world.done if isinstance(step, Create)]) == 1


def test_an_instance_that_fails_its_check_leaves_the_proxy_at_once_and_comes_back():
    """R137: unhealthy means no requests, whoever restarts it later."""
    wanted = release(workload("ingress", role=Role.PROXY), workload("api", balanced=True))
    world = World()
    world.settle(wanted)
    [api] = world.live("api")
    world._set(api, phase=Phase.UNREADY)

    world.turn(wanted)
    out = world.live("api")[0].traffic
    world._set(world.live("api")[0], phase=Phase.READY)
    world.settle(wanted)

    assert out is Traffic.DRAINED
    assert world.live("api")[0].traffic is Traffic.IN


@given(
    st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["kill", "v1", "v2", "none"])), max_size=25
    )
)
def test_it_always_gets_there_in_the_end(script):
    """Kills and changes of mind at any moment; then peace: the release is in place."""
    versions = {
        v: release(
            workload("db", role=Role.STORE, restarting=Restarting(tries=10_000)),
            workload(
                "api", replicas=2, argv=(v,), uses=("db",), restarting=Restarting(tries=10_000)
            ),
        )
        for v in ("v1", "v2")
    }
    world, wanted = World(), versions["v1"]
    for turns, act in script:
        for _ in range(turns):
            world.turn(wanted)
        if act in versions:
            wanted = versions[act]
        live = [i for i in world.instances if not i.phase.over]
        if act == "kill" and live:
            world.kill(live[-1], wanted)
    world.settle(wanted)

    assert in_place(wanted, world.instances, world.now)
