"""Schema: the table of requirements 2.0, and what it was made for, kept beside it."""

from dataclasses import dataclass
from typing import TypeAlias

import asyncpg

from seaway.ai.vectors.numbers import received, sent
from seaway.ai.vectors.settings import Settings

Connection: TypeAlias = (
    "asyncpg.Connection[asyncpg.Record] | asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"
)
LEAST_VERSION = (0, 8)
"""Of pgvector: with iterative scans, without which a filter loses what it should find."""
LONGEST_INDEXED = 4000
"""Dimensions that an HNSW index of `halfvec` takes; longer vectors are searched one by one."""
LONGEST_WHOLE = 2000
"""Dimensions that it takes as they are. Up to there it has them so: in half the bytes vectors that
are nearly alike become the same, and behind many of the same an index misses what it has."""
_LOCK = 0x5EA_0E7EC  # noqa: RUF100 -- any number that nobody else takes

TABLES = """
create table if not exists vector_embeddings (
  id uuid primary key default gen_random_uuid(),
  entity_type varchar(50) not null,
  entity_id varchar(255) not null,
  embedding vector({dimensions}) not null,
  metadata jsonb default '{{}}',
  created_at timestamptz default now(),
  updated_at timestamptz default now()
);
create unique index if not exists vector_embeddings_entity
  on vector_embeddings (entity_type, entity_id);
create index if not exists vector_embeddings_created on vector_embeddings (created_at desc);
create index if not exists vector_embeddings_metadata
  on vector_embeddings using gin (metadata jsonb_path_ops);
create table if not exists vector_texts (
  entity_type varchar(50) not null,
  entity_id varchar(255) not null,
  text text not null,
  primary key (entity_type, entity_id)
);
create table if not exists vector_settings (
  one boolean primary key default true check (one),
  component text not null,
  model text not null,
  dimensions integer not null,
  generation integer not null default 1,
  next_model text,
  next_dimensions integer
);
comment on table vector_embeddings is 'Embeddings of entities; written by the vectors service';
comment on column vector_embeddings.embedding is 'Compared by cosine; see vector_settings';
"""
_TOUCH = """
create or replace function vector_embeddings_touch() returns trigger language plpgsql as $$
begin
  {body}
  return new;
end $$;
create or replace trigger vector_embeddings_touch before update on vector_embeddings
  for each row execute function vector_embeddings_touch();
"""
_ALWAYS = "new.updated_at := now();"
_MIGRATING = """
  if new.embedding_next is not distinct from old.embedding_next then
    new.updated_at := now();
  end if;
  if new.embedding is distinct from old.embedding then
    new.embedding_next := null;
  end if;
"""
INDEX = (
    "create index {how} if not exists {name} on vector_embeddings using hnsw"
    " (({indexed}) {kind}_cosine_ops) with (m = {m}, ef_construction = {ef})"
)
HNSW = "vector_embeddings_hnsw"
HNSW_NEXT = f"{HNSW}_next"


class Unfit(Exception):  # noqa: N818 -- said as it is
    """What is declared and what is there do not go together, and no migration mends it."""


@dataclass(frozen=True, slots=True)
class Made:
    """What the vectors in the table are."""

    component: str
    model: str
    dimensions: int
    generation: int


async def connected(connection: Connection) -> None:
    """For each new connection: vectors and JSON as Python has them."""
    await connection.set_type_codec(
        "vector", encoder=sent, decoder=received, format="binary", schema="public"
    )
    await connection.set_type_codec(
        "jsonb", encoder=lambda text: b"\x01" + text, decoder=lambda data: data[1:],
        schema="pg_catalog", format="binary",
    )  # fmt: skip


async def extension(connection: Connection) -> None:
    """Have pgvector in the database.

    Raises:
        Unfit: it is not installed, or too old.
    """
    try:
        await connection.execute("create extension if not exists vector")
    except asyncpg.PostgresError as error:
        raise Unfit(f"the database has no extension 'vector': {error}") from error
    version = await connection.fetchval(
        "select extversion from pg_extension where extname = 'vector'"
    )
    if tuple(int(each) for each in str(version).split(".")[:2]) < LEAST_VERSION:
        raise Unfit(f"pgvector {version} is too old; 0.8 or later is needed")


async def provided(connection: Connection, told: Settings, model: str) -> Made:
    """Make what is not there yet; return what is.

    Raises:
        Unfit: the table belongs to another component, or is not what its settings say.
    """
    async with connection.transaction():
        await connection.execute("select pg_advisory_xact_lock($1)", _LOCK)
        await connection.execute(TABLES.format(dimensions=told.dimensions))
        await connection.execute(
            "insert into vector_settings (component, model, dimensions) values ($1, $2, $3)"
            " on conflict do nothing",
            told.name, model, told.dimensions,
        )  # fmt: skip
        made = await made_for(connection)
        if made.component != told.name:
            raise Unfit(f"the vectors in this database belong to the component {made.component!r}")
        column = await width(connection, "embedding")
        if column != made.dimensions:
            raise Unfit(
                f"vector_settings says {made.dimensions} dimensions, the column has {column}"
            )
        if not await width(connection, "embedding_next"):
            await connection.execute(touch(migrating=False))
        if made.dimensions <= LONGEST_INDEXED:
            await connection.execute(index(told, HNSW, "embedding"))
            await _check_index(connection, told)
    return made


def touch(*, migrating: bool) -> str:
    """The trigger; while migrating it also forgets new vectors whose text has changed."""
    return _TOUCH.format(body=_MIGRATING if migrating else _ALWAYS)


def index(told: Settings, name: str, column: str, how: str = "") -> str:
    """The statement that makes it."""
    return INDEX.format(
        how=how, name=name, indexed=indexed(column, told.dimensions), m=told.m,
        ef=told.ef_construction, kind="vector" if told.dimensions <= LONGEST_WHOLE else "halfvec",
    )  # fmt: skip


def indexed(vector: str, dimensions: int) -> str:
    """What of a vector is in the index, and asked for there: of long ones the direction, in halves.

    A number of 16 bits ends at 65,504; one of a direction is never above 1.
    """
    if dimensions <= LONGEST_WHOLE:
        return vector
    return f"l2_normalize({vector})::halfvec({dimensions})"


async def _check_index(connection: Connection, told: Settings) -> None:
    """Another m or ef_construction means another index: it is made beside the old one."""
    found = await connection.fetchval(
        "select reloptions from pg_class where oid = to_regclass($1)", HNSW
    )
    wanted = {f"m={told.m}", f"ef_construction={told.ef_construction}"}
    if set(found or ()) != wanted:
        await connection.execute(index(told, HNSW_NEXT, "embedding"))
        await connection.execute(f"drop index {HNSW}")
        await connection.execute(f"alter index {HNSW_NEXT} rename to {HNSW}")


async def made_for(connection: Connection) -> Made:
    """What the table is now."""
    row = await connection.fetchrow(
        "select component, model, dimensions, generation from vector_settings"
    )
    if row is None:
        raise Unfit("vector_settings is empty")
    return Made(row["component"], row["model"], row["dimensions"], row["generation"])


async def width(connection: Connection, column: str) -> int:
    """Dimensions of a column; 0 where there is no such column."""
    found = await connection.fetchval(
        "select atttypmod from pg_attribute where attrelid = to_regclass('vector_embeddings')"
        " and attname = $1 and not attisdropped",
        column,
    )
    return int(found or 0)
