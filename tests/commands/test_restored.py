"""What a failed release says once the one before has come back."""

import asyncio
from datetime import UTC, datetime

import pytest

from seaway.cli.apply import restored
from seaway.engine.wait import Patience, until_in_place
from seaway.errors import ReleaseFailed
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.ports.ledger import Event
from seaway.stores.clock import SystemClock
from seaway.stores.ledger import SqliteLedger

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.timeout(20)
async def test_a_failure_that_is_read_before_the_old_release_is_wanted_again_is_told(tmp_path):
    """The supervisor tells of it first and then records the old release: who looks in between
    must not wait for the failed one."""
    ledger = SqliteLedger(tmp_path / "ledger.db")
    failed = ledger.record(Release(stack=Name("shop"), created=NOW))
    facts: dict[str, str | int | float] = {"release": failed.number, "reason": "exit 1"}
    ledger.tell(Event(at=NOW, code="SW532", facts=facts))
    patience = Patience(clock=SystemClock(), alive=lambda: True)

    asked = asyncio.create_task(restored(ledger, 0, ReleaseFailed("SW532", **facts), patience))
    await asyncio.sleep(0.1)
    again = ledger.record(Release(stack=Name("shop"), created=NOW, why="restores 1"))
    ledger.tell(Event(at=NOW, code="SW531", facts={"release": again.number}))

    assert (await asked).code == "SW532"


@pytest.mark.timeout(20)
async def test_of_two_calls_at_once_both_end_when_the_newer_release_is_in_place(tmp_path):
    """A release that another one has overtaken is never judged: to wait for it would never end."""
    ledger = SqliteLedger(tmp_path / "ledger.db")
    first = ledger.record(Release(stack=Name("shop"), created=NOW, why="up"))
    patience = Patience(clock=SystemClock(), alive=lambda: True)

    asked = asyncio.create_task(until_in_place(ledger, first.number, 0, patience))
    await asyncio.sleep(0.1)
    second = ledger.record(Release(stack=Name("shop"), created=NOW, why="up"))
    ledger.tell(Event(at=NOW, code="SW531", facts={"release": second.number}))

    await asked
