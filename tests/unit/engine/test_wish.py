"""The wish: those beside the supervisor hear of the release that concerns them, and of no other."""

import asyncio
from dataclasses import replace

from seaway.engine.wish import Wish
from seaway.model.scaling import Scaling
from tests.fakes.clock import quiet
from tests.unit.plan.world import release, workload


def scaling(wanted):
    return any(each.scaling for each in wanted.workloads)


async def test_only_a_release_that_concerns_somebody_wakes_him():
    """Each new one is looked at, whoever waited when it came."""
    plain = release(workload("api"))
    wish, scaled = Wish(), replace(plain, workloads=(workload("api"), _scaled("web")))
    waiting = asyncio.create_task(wish.concerns(scaling))
    for each in (None, plain, None, plain):
        wish.become(each)
        await quiet()
        assert not waiting.done()

    wish.become(scaled)

    assert await waiting is scaled
    assert await wish.concerns(scaling) is scaled


def _scaled(name):
    return replace(workload(name), scaling=Scaling(least=1, most=3, cpu=0.5))
