"""Jobs appear together with the data, or not at all."""

from datetime import timedelta

import psycopg
import pytest
import sqlalchemy
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from seaway_jobs import Queue, State, install, installed, is_own_table, look
from tests.conftest import NAME, Bench


async def test_a_job_is_there_when_the_data_is(bench: Bench) -> None:
    async with bench.connection.transaction():
        await bench.connection.execute("INSERT INTO effects VALUES (1, 1, 1)")
        job = await bench.queue.enqueue(bench.connection, "write", {"a": 1})

    assert (await bench.job(job)).payload == {"a": 1}
    assert (await bench.job(job)).state is State.WAITING


async def test_a_job_is_gone_with_the_transaction(bench: Bench) -> None:
    async with bench.connection.transaction(force_rollback=True):
        await bench.queue.enqueue(bench.connection, "write", {})
        assert len(await look(bench.connection)) == 1

    assert await look(bench.connection) == []


async def test_a_session_of_sqlalchemy_takes_it_along(bench: Bench) -> None:
    engine = create_async_engine(bench.url.replace("postgresql", "postgresql+psycopg", 1))
    async with AsyncSession(engine) as session:
        await session.execute(sqlalchemy.text("INSERT INTO effects VALUES (7, 1, 1)"))
        lost = await bench.queue.enqueue(session, "write", {})
        await session.rollback()
    async with AsyncSession(engine) as session, session.begin():
        kept = await bench.queue.enqueue(session, "write", {"text": "100 % 好"})
    await engine.dispose()

    assert await bench.effects() == []
    assert [each.id for each in await look(bench.connection)] == [kept]
    assert (await bench.job(kept)).payload == {"text": "100 % 好"}
    assert lost != kept


async def test_many_keep_their_order(bench: Bench) -> None:
    payloads = [{"place": n} for n in range(50)]

    ids = await bench.queue.enqueue_many(bench.connection, "write", payloads)

    found = {each.id: each.payload["place"] for each in await look(bench.connection)}
    assert [found[each] for each in ids] == list(range(50))


async def test_a_delayed_job_says_when(bench: Bench) -> None:
    job = await bench.queue.enqueue(bench.connection, "write", {}, delay=timedelta(hours=1))

    found = await bench.job(job)
    assert found.state is State.DELAYED
    assert found.due_at is not None
    assert found.enqueued_at is not None
    assert abs(found.due_at - found.enqueued_at - timedelta(hours=1)) < timedelta(seconds=5)


@pytest.mark.parametrize("name", ["", "a b", "x" * 41, "a/b"])
def test_names_that_no_channel_could_have_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="a queue is called by"):
        Queue(name)


def test_a_queue_without_a_name_says_what_is_missing() -> None:
    with pytest.raises(ValueError, match="AI_QUEUE_NAME is not set"):
        Queue.from_environment({})

    assert Queue.from_environment({"AI_QUEUE_NAME": NAME}).name == NAME


async def test_a_migration_brings_the_tables_and_may_run_again(bench: Bench) -> None:
    await bench.connection.execute("CREATE DATABASE fresh")
    url = bench.url.rpartition("/")[0] + "/fresh"
    engine = sqlalchemy.create_engine(url.replace("postgresql", "postgresql+psycopg", 1))
    with engine.begin() as connection:
        first = install(connection)
    with engine.begin() as connection:
        second = install(connection)
        inspector = sqlalchemy.inspect(connection)
        assert all(is_own_table(each) for each in inspector.get_table_names())
    engine.dispose()

    assert first == second == 1
    async with await psycopg.AsyncConnection.connect(url) as connection:
        assert await installed(connection) == 1


async def test_a_rolled_back_migration_leaves_nothing(bench: Bench) -> None:
    await bench.connection.execute("CREATE DATABASE empty")
    url = bench.url.rpartition("/")[0] + "/empty"
    with psycopg.connect(url) as connection:
        install(connection)
        connection.rollback()

    async with await psycopg.AsyncConnection.connect(url) as connection:
        assert await installed(connection) == 0
