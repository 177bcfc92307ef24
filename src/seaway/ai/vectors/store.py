"""Store: the statements of the service. Each holds only for the vectors it was begun with."""

import asyncio
from collections.abc import Sequence
from functools import lru_cache

import asyncpg
import orjson

from seaway.ai.vectors.connections import Connections
from seaway.ai.vectors.forms import Json
from seaway.ai.vectors.keeping import Filter, Found, Item, Row, Search, Superseded
from seaway.ai.vectors.numbers import Vector, sent
from seaway.ai.vectors.schema import LONGEST_INDEXED, Connection, Made, indexed
from seaway.ai.vectors.searches import Searches
from seaway.serving.refusal import Refusal

NARROW = 4_000_000
"""Numbers that are compared one by one rather than through the index, about 50 ms: where few rows
fit a filter, the index passes by most of them."""
DECIDED = 60.0
"""Seconds for which a filter counts as narrow or not."""
_MOST_DECISIONS = 1000
_CURRENT = "(select generation from vector_settings)"
_WRITE = f"""
insert into vector_embeddings as have (entity_type, entity_id, embedding, metadata)
select $1, $2, $3, $4 where {_CURRENT} = $5
on conflict (entity_type, entity_id) do update
set embedding = excluded.embedding, metadata = excluded.metadata
where (have.embedding, have.metadata) is distinct from (excluded.embedding, excluded.metadata)
"""  # noqa: S608 -- constants only
_TEXT = """
insert into vector_texts as have (entity_type, entity_id, text) values ($1, $2, $3)
on conflict (entity_type, entity_id) do update set text = excluded.text
where have.text <> excluded.text
"""
_FOUND = """
select count(*) as seen, count(*) filter (where similarity > $3) as count,
convert_to(coalesce(json_agg(json_build_object(
  'type', entity_type, 'id', entity_id, 'similarity', similarity, 'metadata', metadata
) order by similarity desc) filter (where similarity > $3), '[]')::text, 'UTF8') as results
"""
"""Written by the database: it has it all in hand."""
_ONE = f"""
{_FOUND} from (
  select entity_type, entity_id, 1 - (embedding <=> $1::vector) as similarity, metadata
  from vector_embeddings
  where {_CURRENT} = $2 {{where}} order by {{indexed}} <=> {{asked}} limit {{limit}}
) near
"""  # noqa: S608 -- constants only
_MANY = f"""
select near.*
from unnest($1::vector[]) with ordinality as asked (vector, number)
cross join lateral ({_FOUND} from (
  select entity_type, entity_id, 1 - (embedding <=> asked.vector) as similarity, metadata
  from vector_embeddings
  where {_CURRENT} = $2 {{where}} order by {{indexed}} <=> {{asked}} limit {{limit}}
) near) near order by asked.number
"""  # noqa: S608 -- constants only
_ONE_BY_ONE = f"""
with fit as materialized (
  select entity_type, entity_id, embedding, metadata from vector_embeddings
  where {_CURRENT} = $2 {{where}}
)
select near.*
from unnest($1::vector[]) with ordinality as asked (vector, number)
cross join lateral ({_FOUND} from (
  select entity_type, entity_id, 1 - (embedding <=> asked.vector) as similarity, metadata
  from fit order by embedding <=> asked.vector limit {{limit}}
) near) near order by asked.number
"""  # noqa: S608 -- constants only
_ALL: Filter = (None, b"")
_COUNT = "select count(*) from (select from vector_embeddings where true {where} limit $1) few"


class Store:
    """The statements, and what filters are known to be narrow."""

    def __init__(self, connections: Connections, made: Made) -> None:
        self._connections, self._dimensions = connections, made.dimensions
        self.generation = made.generation
        self._narrow: dict[Filter, tuple[float, bool]] = {}
        self._searches = Searches(self._near)

    async def write(self, rows: Sequence[Row]) -> None:
        """All of them or none; each text beside its vector, so that another model can read it.

        Raises:
            Superseded: nothing is written.
        """
        async with self._connections.taken() as connection, connection.transaction():
            await self._check(connection)
            await connection.executemany(
                _WRITE,
                [
                    (each.type, each.id, each.vector, each.metadata, self.generation)
                    for each in rows
                ],
            )
            texts = [(each.type, each.id, each.text) for each in rows if each.text is not None]
            bare = [(each.type, each.id) for each in rows if each.text is None]
            if texts:
                await connection.executemany(_TEXT, texts)
            if bare:
                await connection.executemany(
                    "delete from vector_texts where entity_type = $1 and entity_id = $2", bare
                )

    async def near(self, vector: Vector, search: Search) -> Found:
        """The nearest, nearest first.

        Raises:
            Superseded: they would be of another model.
        """
        return await self._searches.found(search, vector)

    async def _near(self, search: Search, vectors: Sequence[Vector]) -> list[Found]:
        """For each vector.

        An index that was cleaned up while all in it was deleted may not lead to what came then:
        where it gives less than was asked for, and few there are, they are compared one by one.
        """
        fit = search.fit
        async with self._connections.taken() as connection:
            narrow = fit != _ALL and await self._few(connection, fit)
            rows = await self._asked(connection, search, vectors, narrow=narrow)
            short = not narrow and any(row["seen"] < search.limit for row in rows)
            if short and await self._few(connection, fit):
                rows = await self._asked(connection, search, vectors, narrow=True)
            found = [Found(row["count"], row["results"]) for row in rows]
            if not all(each.count for each in found):
                await self._check(connection)
        return found

    async def _asked(
        self, connection: Connection, search: Search, vectors: Sequence[Vector], *, narrow: bool
    ) -> Sequence[asyncpg.Record]:
        one = len(vectors) == 1 and not narrow
        form = _ONE_BY_ONE if narrow else _ONE if one else _MANY
        asked = vectors[0] if one else [sent(each) for each in vectors]
        kind, wanted = search.fit
        statement = _statement(
            form, (kind is not None, bool(wanted)), search.limit, self._dimensions
        )
        given = _given(search.fit)
        return await connection.fetch(statement, asked, self.generation, search.threshold, *given)

    async def _few(self, connection: Connection, fit: Filter) -> bool:
        """Whether so few rows fit that they can be compared one by one."""
        now = asyncio.get_running_loop().time()
        until, narrow = self._narrow.get(fit, (0.0, False))
        if now < until:
            return narrow
        few = NARROW // self._dimensions
        count = await connection.fetchval(
            _COUNT.format(where=_where(fit[0] is not None, bool(fit[1]), first=2)),
            few + 1,
            *_given(fit),
        )
        if len(self._narrow) >= _MOST_DECISIONS:
            self._narrow.clear()
        self._narrow[fit] = now + DECIDED, int(count) <= few
        return int(count) <= few

    async def delete(self, kind: str, ids: Sequence[str] | None, wanted: Json | None) -> int:
        """How many there were."""
        chosen, given = ("entity_id = any($2)", ids) if ids is not None else (
            "metadata @> $2", orjson.dumps(wanted)
        )  # fmt: skip
        statement = (
            "with gone as (delete from vector_embeddings where entity_type = $1"  # noqa: S608 -- constants only
            f" and {chosen} returning entity_type, entity_id), texts as (delete from vector_texts"
            " where (entity_type, entity_id) in (select entity_type, entity_id from gone))"
            " select count(*) from gone"
        )
        async with self._connections.taken() as connection:
            return int(await connection.fetchval(statement, kind, given))

    async def listed(self, kind: str, after: str, limit: int) -> list[Item]:
        """In order of id, those after `after`."""
        async with self._connections.taken() as connection:
            rows = await connection.fetch(
                "select entity_id, metadata, created_at, updated_at from vector_embeddings"
                " where entity_type = $1 and entity_id > $2 order by entity_id limit $3",
                kind, after, limit,
            )  # fmt: skip
        return [Item(*row) for row in rows]

    def close(self) -> None:
        """Let go of all connections."""
        self._connections.close()

    async def _check(self, connection: Connection) -> None:
        if await connection.fetchval(f"select {_CURRENT}") != self.generation:
            raise Superseded


@lru_cache(maxsize=256)
def _statement(form: str, asks: tuple[bool, bool], limit: int, dimensions: int) -> str:
    """What the index has is compared with what it would have of the vector that is asked.

    The limit is written out: with a parameter in its place PostgreSQL takes it for a tenth of the
    table, finds its general plan too dear, and plans anew each time (a tenth of a search).
    """
    there, asked = "embedding", "$1::vector" if form is _ONE else "asked.vector"
    if dimensions <= LONGEST_INDEXED:
        there, asked = (indexed(each, dimensions) for each in (there, asked))
    where = _where(*asks, first=4)
    return form.format(where=where, indexed=there, asked=asked, limit=int(limit))


def _where(kind: bool, wanted: bool, *, first: int) -> str:  # noqa: FBT001 -- what a filter has
    """Conditions whose values are numbered from `first` on."""
    parts = ["entity_type = $"] if kind else []
    parts += ["metadata @> $"] if wanted else []
    return "".join(f" and {part}{number}" for number, part in enumerate(parts, start=first))


def fitting(kind: str | None, wanted: Json) -> Filter:
    """Of this type, with this in their metadata."""
    return kind, orjson.dumps(wanted) if wanted else b""


def _given(fit: Filter) -> tuple[str | bytes, ...]:
    return tuple(each for each in fit if each)


GONE = (
    OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError, asyncpg.TooManyConnectionsError,
)  # fmt: skip
"""What says that the database cannot be asked now."""


def gone(error: Exception) -> Refusal:
    """The database cannot be reached."""
    return Refusal(503, "database_gone", f"The database does not answer: {error}", after=1)
