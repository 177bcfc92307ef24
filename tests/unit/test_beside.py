"""Beside the supervisor: who has nothing to do for a stack sleeps, and is not even loaded."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import pytest

from seaway import wiring
from seaway.engine.wish import Wish
from seaway.model.backup import Destination, Saving
from seaway.model.names import Name
from seaway.model.scaling import Scaling
from tests.fakes.clock import AtOnce, quiet
from tests.unit.plan.world import release, workload

PLAIN = release(workload("api"))
SCALED = release(replace(workload("api"), scaling=Scaling(least=1, most=3, cpu=0.5)))
SAVING = Saving(store=Name("db"), part="postgres", destination=Destination(folder="/b"))
SAVED = replace(PLAIN, savings=(SAVING,))


@pytest.fixture
async def called(monkeypatch):
    """What was started or loaded, for the wish that is given to those beside the supervisor."""
    asyncio.get_running_loop().set_default_executor(AtOnce())
    found, wish = [], Wish()

    async def saved(stack, environment):
        found.append(f"save {stack} {environment}")
        await asyncio.Event().wait()

    for name in ("SAVED_AFTER", "SCALED_AFTER"):
        monkeypatch.setattr(wiring, name, 0)
    monkeypatch.setattr(wiring, "saved", saved)
    monkeypatch.setattr(wiring, "loaded", found.append)
    supervisor = SimpleNamespace(wish=wish)
    tasks = [
        asyncio.create_task(wiring._save("shop", "local", supervisor)),
        asyncio.create_task(wiring._scale(None, None, supervisor)),
    ]
    yield found, wish
    for each in tasks:
        each.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [(None, ""), (PLAIN, ""), (SAVED, "save shop local"), (SCALED, "seaway.engine.autoscale")],
)
async def test_only_what_a_stack_asks_for_is_started(called, wanted, expected):
    """A stack at rest costs nothing for what it does not have."""
    found, wish = called
    wish.become(PLAIN)
    await quiet()
    wish.become(wanted)
    await quiet()

    assert set(found) == ({expected} if expected else set())
