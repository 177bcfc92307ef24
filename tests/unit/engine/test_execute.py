"""A command runs beside the member that can do what it asks."""

from dataclasses import replace

import pytest

from seaway.engine.execute import execute
from seaway.errors import NothingRunning
from seaway.model.standing import Standing
from tests.unit.plan.world import World, release, workload


class Beside:
    """Remembers where it ran something."""

    def __init__(self):
        self.slots = []

    async def execute(self, instance, _release, _argv):
        self.slots.append(instance.slot)
        return 0


async def ran(members, name):
    target = Beside()
    await execute(release(workload("db")), members, target, name, ("true",))
    return target.slots


def two_members(*, leader):
    """Both are ready, and one leads."""
    world, wanted = World(), release(workload("db", replicas=2))
    world.settle(wanted)
    return [replace(each, said=Standing(leads=each.slot == leader)) for each in world.ready("db")]


@pytest.mark.parametrize("leader", [0, 1])
async def test_a_command_runs_beside_the_member_that_leads(leader):
    """`exec db psql` after a fail-over."""
    assert await ran(two_members(leader=leader), "db") == [leader]


async def test_a_member_can_be_named():
    assert await ran(two_members(leader=1), "db.0") == [0]


async def test_where_nothing_runs_it_says_so():
    with pytest.raises(NothingRunning):
        await ran([], "db")
