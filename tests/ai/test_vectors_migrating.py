"""Another model, or another length: all vectors are made anew, whatever happens meanwhile."""

import asyncio
import contextlib
import math
import os
import re
import sys
from collections.abc import AsyncIterator

import asyncpg
import pytest
import pytest_asyncio

from tests.ai.conftest import Program, free_port, simulating
from tests.ai.services import database, env, url, vectors

pytestmark = [pytest.mark.local, pytest.mark.asyncio(loop_scope="module")]
COUNT = 400
DISHES = [f"Dish number {n} of the long menu, with {n % 7} spices" for n in range(COUNT)]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory) -> AsyncIterator[str]:
    async with database(tmp_path_factory.mktemp("database")) as db:
        yield url(db)


@pytest_asyncio.fixture(loop_scope="module")
async def db(server) -> AsyncIterator[str]:
    """With nothing in it."""
    yield server
    connection = await asyncpg.connect(server)
    await connection.execute("drop table vector_embeddings, vector_texts, vector_settings")
    await connection.close()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def gateway() -> AsyncIterator[Program]:
    """It answers as whichever model it is asked for, in a tenth of a second."""
    async with simulating(dimensions=64, latency=0.1) as it:
        yield it


async def put(store: Program, texts: list[str]) -> None:
    items = [{"type": "dish", "id": text, "text": text} for text in texts]
    answer = await store.http.post("/v1/upsert", json={"items": items})
    assert answer.status_code == 200, answer.text


async def found(store: Program, text: str) -> dict[str, float]:
    asked = {"text": text, "threshold": 0.0, "limit": 5}
    answer = await store.http.post("/v1/search", json=asked)
    assert answer.status_code == 200, answer.text
    return {each["id"]: each["similarity"] for each in answer.json()["results"]}


@contextlib.asynccontextmanager
async def started(told: dict[str, str]) -> AsyncIterator[Program]:
    """Not waited for."""
    port = free_port()
    whole = {"PATH": os.environ["PATH"], "PORT": str(port), **told}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "seaway.ai.vectors", env=whole, stderr=asyncio.subprocess.PIPE
    )
    program = Program(process, port)
    try:
        yield program
    finally:
        await program.close()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


async def until_left(program: Program, most: int) -> None:
    """Until some vectors are new ones, but not all."""
    async with asyncio.timeout(20):
        while True:
            with contextlib.suppress(Exception):
                text = (await program.http.get("/metrics")).text
                found = re.search(r"^vectors_migration_items_left (\d+)", text, re.MULTILINE)
                if found and 0 < int(found[1]) < most:
                    return
            await asyncio.sleep(0.01)


async def left(db: str) -> int:
    """Vectors that are not made anew yet."""
    connection = await asyncpg.connect(db)
    count = await connection.fetchval(
        "select count(*) from vector_embeddings where embedding_next is null"
    )
    await connection.close()
    return count


async def column(db: str) -> tuple[str, str]:
    """Its one index, and its type."""
    connection = await asyncpg.connect(db)
    index = await connection.fetchval(
        "select string_agg(indexdef, '') from pg_indexes"
        " where indexname like 'vector_embeddings_hnsw%'"
    )
    width = await connection.fetchval(
        "select format_type(atttypid, atttypmod) from pg_attribute where attname = 'embedding'"
        " and attrelid = 'vector_embeddings'::regclass"
    )
    await connection.close()
    return index, width


async def calls(gateway: Program) -> int:
    return (await gateway.state())["requests"]


async def test_vectors_longer_than_an_index_takes_are_in_it_by_halves(db, gateway):
    async with vectors(db, gateway, dimensions=64) as store:
        await put(store, DISHES[:20])
        before = await found(store, DISHES[7])

    async with vectors(db, gateway, dimensions=3072) as store:
        after = await found(store, DISHES[7])

    index, width = await column(db)
    assert "(((l2_normalize(embedding))::halfvec(3072)) halfvec_cosine_ops)" in index
    assert width == "vector(3072)"
    assert after == pytest.approx(before, abs=1e-6)


async def test_longer_vectors_of_the_same_model_are_as_like_each_other_as_before(db, gateway):
    async with vectors(db, gateway, dimensions=64) as store:
        await put(store, DISHES[:50])
        before = await found(store, DISHES[7])
    made = await calls(gateway)

    async with vectors(db, gateway, dimensions=200) as store:
        after = await found(store, DISHES[7])

    index, width = await column(db)
    assert "USING hnsw (embedding vector_cosine_ops) WITH (m='16', ef_construction='64')" in index
    assert width == "vector(200)"
    assert after == pytest.approx(before, abs=1e-6)
    assert await calls(gateway) == made + 2  # which model answers, and the question


async def test_who_is_killed_goes_on_where_it_was_and_the_old_one_answers_until_the_switch(
    db, gateway
):
    async with vectors(db, gateway, dimensions=64) as old:
        await put(old, DISHES)
        before = await found(old, DISHES[7])
        other = env(db, gateway, 64, model="embed-2")

        async with started(other) as new:
            await until_left(new, COUNT - 64)
            assert (await new.http.get("/readyz")).status_code == 503
            assert await found(old, DISHES[7]) == before
            new.process.kill()
            await new.process.wait()
        await put(old, ["A dish that came late", DISHES[0]])
        still = await left(db)
        began = await calls(gateway)

        async with vectors(db, gateway, dimensions=64, model="embed-2") as new:
            assert still < COUNT - 64
            assert await calls(gateway) - began == 1 + math.ceil(still / 64)
            assert "A dish that came late" in await found(new, "A dish that came late")
            assert next(iter(await found(new, DISHES[7]))) == DISHES[7]
            refused = await old.http.post("/v1/search", json={"text": DISHES[7]})
            written = await old.http.post(
                "/v1/upsert", json={"items": [{"type": "dish", "id": "x", "text": "x"}]}
            )
            assert (refused.status_code, written.status_code) == (503, 503)
            assert (await old.http.get("/readyz")).status_code == 503


async def test_vectors_without_a_text_cannot_become_those_of_another_model(db, gateway):
    """It says so and ends, and the old release goes on."""
    async with vectors(db, gateway, dimensions=64) as store:
        item = {"type": "dish", "id": "bare", "vector": [1.0] * 64}
        assert (await store.http.post("/v1/upsert", json={"items": [item]})).status_code == 200

    async with started(env(db, gateway, 64, model="embed-2")) as program:
        _, said = await asyncio.wait_for(program.process.communicate(), 20)

    assert program.process.returncode == 3
    assert "1 vectors came without a text" in said.decode()


async def test_a_wish_that_is_taken_back_leaves_nothing_behind(db, gateway):
    async with vectors(db, gateway, dimensions=64) as store:
        await put(store, DISHES)
    async with started(env(db, gateway, 64, model="embed-2")) as program:
        await until_left(program, COUNT)

    async with vectors(db, gateway, dimensions=64) as store:
        assert next(iter(await found(store, DISHES[3]))) == DISHES[3]
    connection = await asyncpg.connect(db)
    assert not await connection.fetchval(
        "select count(*) from information_schema.columns where column_name = 'embedding_next'"
    )
    await connection.close()


async def test_a_model_with_longer_vectors_than_declared_is_refused(server, gateway):
    async with started(env(server, gateway, 32)) as program:
        _, said = await asyncio.wait_for(program.process.communicate(), 20)

    assert program.process.returncode == 3
    assert "gives 64 dimensions; 32 are declared" in said.decode()
