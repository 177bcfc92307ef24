"""Migrating: vectors of another model or length, made anew beside those that are being served.

The new ones grow in a column of their own, which is all that is remembered of the progress: after
a kill the next goes on from there. Until the switch, which is one transaction, the old release
answers as before; what it changes meanwhile is made anew too.
"""

from collections.abc import Callable, Sequence

import asyncpg
import numpy as np

from seaway.ai.vectors.embedder import Embedder
from seaway.ai.vectors.numbers import Vector, padded
from seaway.ai.vectors.schema import (
    HNSW,
    HNSW_NEXT,
    LONGEST_INDEXED,
    Connection,
    Made,
    Unfit,
    index,
    made_for,
    touch,
    width,
)
from seaway.ai.vectors.settings import Settings
from seaway.serving.refusal import Refusal

BATCH = 64
_LOCK = 0x5EA_0E7ED
_LEFT = "select count(*) from vector_embeddings where embedding_next is null"
_WITHOUT_TEXT = """
select count(*) from vector_embeddings e where not exists (select from vector_texts t
where t.entity_type = e.entity_type and t.entity_id = e.entity_id)
"""
_BATCH = """
select e.id, e.embedding, t.text from vector_embeddings e
left join vector_texts t using (entity_type, entity_id)
where e.embedding_next is null and e.id > $1 order by e.id limit $2
"""
_FILL = """
update vector_embeddings set embedding_next = $2 where id = $1 and embedding = $3
"""
_SWITCH = """
alter table vector_embeddings alter column embedding_next set not null;
alter table vector_embeddings drop column embedding;
alter table vector_embeddings rename column embedding_next to embedding;
comment on column vector_embeddings.embedding is 'Compared by cosine; see vector_settings';
"""
_DONE = """
update vector_settings set model = next_model, dimensions = next_dimensions,
generation = generation + 1, next_model = null, next_dimensions = null
"""
_FIRST = "00000000-0000-0000-0000-000000000000"


async def migrated(
    connection: Connection, told: Settings, embedder: Embedder | None, left: Callable[[int], None]
) -> Made:
    """What the table is afterwards.

    Raises:
        Unfit: there are vectors without a text, which the new model cannot read.
        Refusal: the gateway does not answer, or another does this already; to be tried again.
    """
    if not await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
        raise Refusal(503, "not_ready", "Another process migrates already.")
    made, model = await made_for(connection), embedder.answering if embedder else ""
    again = embedder if model != made.model else None
    await _check(connection, made, model)
    await _begun(connection, told, model)
    while True:
        await _filled(connection, told, again, left)
        if told.dimensions <= LONGEST_INDEXED:
            await _indexed(connection, told)
        if await _switched(connection):
            return await made_for(connection)


async def abandoned(connection: Connection) -> None:
    """What was begun is not wanted any more."""
    async with connection.transaction():
        await connection.execute(
            "alter table vector_embeddings drop column if exists embedding_next"
        )
        await connection.execute(touch(migrating=False))
        await connection.execute(
            "update vector_settings set next_model = null, next_dimensions = null"
        )


async def _check(connection: Connection, made: Made, model: str) -> None:
    if model == made.model:
        return
    without = await connection.fetchval(_WITHOUT_TEXT)
    if without:
        message = (
            f"{without} vectors came without a text: {model or 'nobody'} cannot make them anew"
        )
        raise Unfit(f"{message}; delete them, or keep the model {made.model!r}")


async def _begun(connection: Connection, told: Settings, model: str) -> None:
    """The column, for this very aim: what was made for another is thrown away."""
    aim = await connection.fetchrow("select next_model, next_dimensions from vector_settings")
    if aim and tuple(aim) == (model, told.dimensions) and await width(connection, "embedding_next"):
        return
    await abandoned(connection)
    async with connection.transaction():
        await connection.execute(
            f"alter table vector_embeddings add column embedding_next vector({told.dimensions})"
        )
        await connection.execute(touch(migrating=True))
        await connection.execute(
            "update vector_settings set next_model = $1, next_dimensions = $2",
            model, told.dimensions,
        )  # fmt: skip


async def _filled(
    connection: Connection, told: Settings, embedder: Embedder | None, left: Callable[[int], None]
) -> None:
    count, last = int(await connection.fetchval(_LEFT)), _FIRST
    while rows := await connection.fetch(_BATCH, last, BATCH):
        left(count)
        made = await _anew(rows, told.dimensions, embedder)
        await connection.executemany(
            _FILL,
            [(row["id"], new, row["embedding"]) for row, new in zip(rows, made, strict=True)],
        )
        last, count = rows[-1]["id"], max(count - len(rows), 0)
    left(0)


async def _anew(
    rows: Sequence[asyncpg.Record], dimensions: int, embedder: Embedder | None
) -> list[Vector]:
    """By the new model; where it is still the same one, the vectors only change their length."""
    if embedder is None:
        return [_fitted(row["embedding"], dimensions) for row in rows]
    found = await embedder.asked([row["text"] for row in rows])
    return [padded(each, dimensions) for each in found]


def _fitted(row: Vector, dimensions: int) -> Vector:
    if np.any(row[dimensions:]):
        raise Unfit(f"there are vectors with more than {dimensions} numbers other than zero")
    return padded(row[:dimensions], dimensions)


async def _indexed(connection: Connection, told: Settings) -> None:
    """Without keeping writers waiting; what a kill left half is removed."""
    good = await connection.fetchval(
        "select indisvalid from pg_index where indexrelid = to_regclass($1)", HNSW_NEXT
    )
    if good is False:
        await connection.execute(f"drop index {HNSW_NEXT}")
    await connection.execute(index(told, HNSW_NEXT, "embedding_next", "concurrently"))


async def _switched(connection: Connection) -> bool:
    """Whether everything was there: then the new vectors are the vectors."""
    async with connection.transaction():
        await connection.execute("lock table vector_embeddings in access exclusive mode")
        if await connection.fetchval(_LEFT):
            return False
        await connection.execute(_SWITCH)
        await connection.execute(f"alter index if exists {HNSW_NEXT} rename to {HNSW}")
        await connection.execute(touch(migrating=False))
        await connection.execute(_DONE)
    return True
