"""The connections of the vectors service to its database."""

import asyncio
import time
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from seaway.ai.vectors import connections as limits
from seaway.ai.vectors.connections import MOST, Connections
from seaway.ai.vectors.schema import extension
from seaway.ai.vectors.store import GONE
from tests.ai.services import database, url

pytestmark = [pytest.mark.local, pytest.mark.asyncio(loop_scope="module")]
PID = "select pg_backend_pid() as pid"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory) -> AsyncIterator[str]:
    async with database(tmp_path_factory.mktemp("database")) as db:
        connection = await asyncpg.connect(url(db))
        await extension(connection)
        await connection.close()
        yield url(db)


@pytest_asyncio.fixture(loop_scope="module")
async def connections(server) -> AsyncIterator[Connections]:
    made = Connections(server)
    yield made
    made.close()


async def pid(connections: Connections) -> int:
    [row] = await connections.fetch(PID)
    return row["pid"]


async def test_one_that_takes_too_long_is_cut_off_and_the_next_goes_on(connections, monkeypatch):
    monkeypatch.setattr(limits, "LIMIT", 0.2)
    monkeypatch.setattr(limits, "_LOOK", 0.05)
    first = await pid(connections)
    began = time.monotonic()

    with pytest.raises(GONE):
        await connections.fetch("select pg_sleep(30)")

    assert time.monotonic() - began < 10
    assert await pid(connections) != first


async def test_one_whose_statement_is_wrong_stays(connections):
    first = await pid(connections)

    with pytest.raises(asyncpg.UndefinedTableError):
        await connections.fetch("select * from nothing")

    assert await pid(connections) == first


async def test_one_whose_asker_went_away_is_not_used_again(connections):
    first = await pid(connections)
    asking = asyncio.create_task(connections.fetch("select pg_sleep(30)"))
    await asyncio.sleep(0)

    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    assert await pid(connections) != first


async def test_there_are_never_more_than_are_allowed(connections):
    asked = [connections.fetch(f"{PID}, pg_sleep(0.05)") for _ in range(3 * MOST)]

    found = {row["pid"] for [row] in await asyncio.gather(*asked)}

    assert len(found) == MOST
