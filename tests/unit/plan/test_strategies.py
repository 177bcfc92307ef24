"""Blue-green and canary: what is there while a release is on trial, and how it goes on."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.engine.rollback import again
from seaway.model.instance import FULL, Phase, Traffic
from seaway.model.workload import Role, Rollout
from seaway.plan.steps import Create
from seaway.plan.verdict import in_place, tried
from tests.unit.plan.world import START, World, release, workload

PROXY = workload("ingress", role=Role.PROXY)


def stack(strategy, argv, *, number, replicas=2, trial=True, share=0.1):
    rollout = Rollout(strategy=strategy, share=share)
    api = workload("api", replicas=replicas, balanced=True, argv=(argv,), rollout=rollout)
    return replace(release(PROXY, api, number=number), trial=trial)


def of(world, wanted):
    """The new instances and the old ones that take requests."""
    digest = wanted.find("api").digest
    taking = [each for each in world.live("api") if each.traffic is Traffic.IN]
    new = [each for each in taking if each.digest == digest]
    return new, [each for each in taking if each not in new]


@given(st.integers(1, 5), st.integers(1, 5))
def test_blue_green_changes_over_when_all_of_it_is_ready(before, after):
    """Never less than the least serves, and nothing new before everything new is ready."""
    old = stack("blue-green", "v1", number=1, replicas=before, trial=False)
    new = stack("blue-green", "v2", number=2, replicas=after)
    world = World()
    world.settle(old)

    def watch(seen):
        fresh, stale = of(seen, new)
        assert len(fresh) + len(stale) >= min(before, after)
        ready = [each for each in seen.ready("api") if each.digest == new.find("api").digest]
        assert not fresh or len(ready) == after

    world.watch = watch
    world.settle(new)

    fresh, stale = of(world, new)
    assert (len(fresh), len(stale)) == (after, 0)
    assert len(world.live("api")) == before + after
    assert tried(new, world.instances, world.now)
    assert not in_place(new, world.instances, world.now)


def test_blue_green_lets_the_old_ones_go_when_the_trial_is_over():
    old, new = stack("blue-green", "v1", number=1, trial=False), stack("blue-green", "v2", number=2)
    world = World()
    for each in (old, new):
        world.settle(each)

    world.settle(replace(new, trial=False))

    assert in_place(new, world.instances, world.now)
    assert len(world.live("api")) == 2


def test_going_back_from_blue_to_green_starts_nothing():
    """The old ones are still warm: that is what they were kept for."""
    old, new = stack("blue-green", "v1", number=1, trial=False), stack("blue-green", "v2", number=2)
    world = World()
    for each in (old, new):
        world.settle(each)
    made = sum(isinstance(each, Create) for each in world.done)

    back = again(old, START, "restores")
    world.settle(back)

    assert in_place(back, world.instances, world.now)
    assert sum(isinstance(each, Create) for each in world.done) == made


def test_the_way_back_takes_one_start_however_many_copies_there_are():
    """Somebody waits for it: copies come up side by side, and none leaves before one serves."""
    old = stack("rolling", "v1", number=1, replicas=4, trial=False)
    world = World()
    for each in (old, stack("rolling", "v2", number=2, replicas=4, trial=False)):
        world.settle(each)
    back = again(old, START, "rollback")

    def watch(seen):
        assert sum(map(len, of(seen, back))) >= 4

    world.watch = watch
    made = [each for each in world.plan(back) if isinstance(each, Create)]
    world.settle(back)

    assert [each.start for each in made] == [True] * 4
    assert in_place(back, world.instances, world.now)


@pytest.mark.parametrize(
    ("replicas", "share", "copies", "weight"),
    [(2, 0.1, 1, 22), (1, 0.1, 1, 11), (10, 0.1, 1, 111), (10, 0.3, 3, 143), (4, 0.5, 2, 200)],
)
def test_a_canary_gets_its_share(replicas, share, copies, weight):
    """Weights count against those of the old ones, which all stay."""
    old = stack("canary", "v1", number=1, replicas=replicas, trial=False)
    new = stack("canary", "v2", number=2, replicas=replicas, share=share)
    world = World()
    world.settle(old)

    world.settle(new)

    fresh, stale = of(world, new)
    assert (len(fresh), len(stale)) == (copies, replicas)
    assert {each.weight for each in fresh} == {weight}
    got = sum(each.weight for each in fresh) / sum(each.weight for each in [*fresh, *stale])
    assert abs(got - share) < 0.01
    assert tried(new, world.instances, world.now)


def test_the_rest_of_a_canary_follows_and_all_weigh_the_same():
    old, new = stack("canary", "v1", number=1, trial=False), stack("canary", "v2", number=2)
    world = World()
    for each in (old, new, replace(new, trial=False)):
        world.settle(each)

    assert in_place(new, world.instances, world.now)
    assert {each.weight for each in world.live("api")} == {FULL}


def test_a_canary_without_old_instances_is_the_whole_release():
    """The first release of a stack, or one after all the old ones have died."""
    new = stack("canary", "v1", number=1)
    world = World()

    world.settle(new)

    assert in_place(new, world.instances, world.now)


def test_a_failing_canary_is_taken_out_and_the_old_ones_stay():
    old, new = stack("canary", "v1", number=1, trial=False), stack("canary", "v2", number=2)
    world = World()
    for each in (old, new):
        world.settle(each)
    [bird], _ = of(world, new)

    world._set(bird, phase=Phase.UNREADY)
    world.settle(new)

    fresh, stale = of(world, new)
    assert (len(fresh), len(stale)) == (0, 2)
