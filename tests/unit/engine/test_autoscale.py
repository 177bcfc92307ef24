"""The autoscaler writes numbers down; whoever reads what is wanted gets them, within limits."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from seaway.engine.autoscale import LOOK, Autoscaler
from seaway.engine.scale import scaled
from seaway.errors import UsageError
from seaway.model.scaling import Scaling
from seaway.plan.scaling import Reading
from seaway.stores.ledger import SqliteLedger
from tests.fakes.clock import HandClock
from tests.unit.plan.world import release, workload

RULES = Scaling(least=2, most=6, cpu=0.5)


class Load:
    """A meter in whose figures so many processors are in use, whatever the number of copies."""

    def __init__(self, busy: float) -> None:
        self.busy = busy

    async def read(self, wanted, _):
        return Reading(copies=wanted.replicas, cpu=self.busy / wanted.replicas)


@pytest.fixture
def ledger(tmp_path):
    made = SqliteLedger(tmp_path / "ledger.db")
    yield made
    made.close()


async def run(ledger, load, minutes, rung=None):
    clock = HandClock()
    autoscaler = Autoscaler(
        ledger=ledger, target=None, meter=load, clock=clock, ring=rung or (lambda: None)
    )
    task = asyncio.create_task(autoscaler.run())
    for _ in range(int(timedelta(minutes=minutes) / LOOK)):
        await clock.turn(by=LOOK)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def copies(ledger):
    return ledger.wanted().find("api").replicas


async def test_a_busy_service_gets_copies_and_a_quiet_one_gives_them_back(ledger):
    ledger.record(release(replace(workload("api"), replicas=2, scaling=RULES)))
    rings = []

    await run(ledger, Load(2.0), 2, lambda: rings.append(1))
    assert copies(ledger) == 4
    assert rings == [1]
    [event] = ledger.events(0)
    assert (event.code, event.facts["before"], event.facts["copies"]) == ("SW591", 2, 4)

    await run(ledger, Load(0.1), 12)
    assert copies(ledger) == 2


async def test_a_new_release_keeps_the_number_and_new_limits_hold_at_once(ledger):
    ledger.record(release(replace(workload("api"), replicas=2, scaling=RULES)))
    await run(ledger, Load(2.0), 1)

    ledger.record(release(replace(workload("api"), replicas=2, scaling=RULES, revision=1)))
    assert copies(ledger) == 4
    ledger.record(release(replace(workload("api"), replicas=1, scaling=replace(RULES, most=3))))
    assert copies(ledger) == 3
    ledger.record(release(replace(workload("api"), replicas=7)))  # scales no more
    assert copies(ledger) == 7


async def test_it_does_not_scale_what_has_no_rules(ledger):
    ledger.record(release(replace(workload("api"), replicas=2)))

    await run(ledger, Load(9.0), 2)

    assert copies(ledger) == 2
    assert not ledger.events(0)


def test_by_hand_only_within_its_limits():
    wanted = release(replace(workload("api"), replicas=2, scaling=RULES))

    assert scaled(wanted, {"api": 6}).find("api").replicas == 6
    with pytest.raises(UsageError) as refused:
        scaled(wanted, {"api": 7})
    assert refused.value.code == "SW590"
