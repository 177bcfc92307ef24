"""Store: the statements of the service. Each holds only for the vectors it was begun with."""

import asyncio
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache
from operator import itemgetter

import asyncpg
import orjson
from orjson import Fragment

from seaway.ai.vectors.connections import REACH, Connections
from seaway.ai.vectors.forms import Json
from seaway.ai.vectors.keeping import Filter, Found, Item, Row, Search, Superseded
from seaway.ai.vectors.numbers import Vector, sent
from seaway.ai.vectors.schema import LONGEST_INDEXED, Connection, Made, indexed
from seaway.ai.vectors.searches import Searches
from seaway.serving.refusal import Refusal

Rows = Sequence[asyncpg.Record]
NARROW = 4_000_000
"""Numbers that are compared one by one rather than through the index, about 50 ms: where few rows
fit a filter, the index passes by most of them."""
DECIDED = 60.0
"""Seconds for which a filter counts as one that few rows fit, or that leaves too few."""
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
_ONE = f"""
select entity_type, entity_id, 1 - (embedding <=> $1::vector) as similarity, metadata
from vector_embeddings
where {_CURRENT} = $2 {{where}} order by {{indexed}} <=> {{asked}} limit {{limit}}
"""  # noqa: S608 -- constants only
_MANY = f"""
select near.*, asked.number
from unnest($1::vector[]) with ordinality as asked (vector, number)
cross join lateral (
  select entity_type, entity_id, 1 - (embedding <=> asked.vector) as similarity, metadata
  from vector_embeddings
  where {_CURRENT} = $2 {{where}} order by {{indexed}} <=> {{asked}} limit {{limit}}
) near
"""  # noqa: S608 -- constants only
_ONE_BY_ONE = f"""
with fit as materialized (
  select entity_type, entity_id, embedding, metadata from vector_embeddings
  where {_CURRENT} = $2 {{where}}
)
select near.*, asked.number
from unnest($1::vector[]) with ordinality as asked (vector, number)
cross join lateral (
  select entity_type, entity_id, 1 - (embedding <=> asked.vector) as similarity, metadata
  from fit order by embedding <=> asked.vector limit {{limit}}
) near
"""  # noqa: S608 -- constants only
_COUNT = "select count(*) from (select from vector_embeddings where true {where} limit $1) few"


class Store:
    """The statements, and what filters are known to be narrow."""

    def __init__(self, connections: Connections, further: Connections, made: Made) -> None:
        self._connections, self._further, self._dimensions = connections, further, made.dimensions
        self.generation = made.generation
        self._narrow, self._meagre = Known(), Known()
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
        """For each vector."""
        reached = await self._reached(search, vectors)
        found = [_found(rows, search.threshold) for rows in reached]
        if not all(each.count for each in found):
            async with self._connections.taken() as connection:
                await self._check(connection)
        return found

    async def _reached(self, search: Search, vectors: Sequence[Vector]) -> Sequence[Rows]:
        """The index is asked for its first rows.

        Where a filter leaves fewer of them than are wanted, those that fit are compared one by one
        if they are few; else the index goes on. Comparing is also what helps where there are no
        more: an index that was cleaned up while all in it was deleted may not lead to what came
        then.
        """
        fit, wanted = search.fit, search.limit
        if wanted <= REACH and not self._meagre.get(fit):
            rows = await self._asked(search, vectors, _Way.FIRST)
            if not _short(rows, wanted):
                return rows
            self._meagre.note(fit, known=True)
        if await self._few(fit):
            return await self._asked(search, vectors, _Way.EACH)
        rows = await self._asked(search, vectors, _Way.FURTHER)
        if _short(rows, wanted) and await self._few(fit, anew=True):
            return await self._asked(search, vectors, _Way.EACH)
        return rows

    async def _asked(
        self, search: Search, vectors: Sequence[Vector], way: "_Way"
    ) -> Sequence[Rows]:
        one = len(vectors) == 1 and way is not _Way.EACH
        form = _ONE_BY_ONE if way is _Way.EACH else _ONE if one else _MANY
        asked = vectors[0] if one else [sent(each) for each in vectors]
        kind, wanted = search.fit
        asks = kind is not None, bool(wanted)
        statement = _statement(form, asks, search.limit, self._dimensions)
        connections = self._further if way is _Way.FURTHER else self._connections
        rows = await connections.fetch(statement, asked, self.generation, *_given(search.fit))
        if one:
            return [rows]
        for_each: list[list[asyncpg.Record]] = [[] for _ in vectors]
        for row in rows:
            for_each[int(row["number"]) - 1].append(row)
        return for_each

    async def _few(self, fit: Filter, *, anew: bool = False) -> bool:
        """Whether so few rows fit that they can be compared one by one."""
        narrow = None if anew else self._narrow.get(fit)
        if narrow is None:
            few = NARROW // self._dimensions
            where = _where(fit[0] is not None, bool(fit[1]), first=2)
            async with self._connections.taken() as connection:
                count = await connection.fetchval(_COUNT.format(where=where), few + 1, *_given(fit))
            narrow = self._narrow.note(fit, known=int(count) <= few)
        return narrow

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
        self._further.close()

    async def _check(self, connection: Connection) -> None:
        if await connection.fetchval(f"select {_CURRENT}") != self.generation:
            raise Superseded


class _Way(Enum):
    """How rows are looked for."""

    FIRST = "the first rows of the index"
    FURTHER = "as many of the index as it takes"
    EACH = "compared one by one"


class Known:
    """What was found out about filters, for a while."""

    def __init__(self) -> None:
        self._known: dict[Filter, tuple[float, bool]] = {}

    def get(self, fit: Filter) -> bool | None:
        until, known = self._known.get(fit, (0.0, False))
        return known if asyncio.get_running_loop().time() < until else None

    def note(self, fit: Filter, *, known: bool) -> bool:
        if len(self._known) >= _MOST_DECISIONS:
            self._known.clear()
        self._known[fit] = asyncio.get_running_loop().time() + DECIDED, known
        return known


def _found(rows: Rows, threshold: float) -> Found:
    """Those above the threshold. An index of halves has them in nearly the right order only."""
    alike = [row for row in rows if row["similarity"] > threshold]
    alike.sort(key=itemgetter("similarity"), reverse=True)
    results = [
        {"type": row["entity_type"], "id": row["entity_id"], "similarity": row["similarity"],
         "metadata": Fragment(row["metadata"] or b"null")}
        for row in alike
    ]  # fmt: skip
    return Found(len(results), orjson.dumps(results))


def _short(reached: Sequence[Rows], wanted: int) -> bool:
    return any(len(rows) < wanted for rows in reached)


@lru_cache(maxsize=256)
def _statement(form: str, asks: tuple[bool, bool], limit: int, dimensions: int) -> str:
    """What the index has is compared with what it would have of the vector that is asked.

    The limit is written out: with a parameter in its place PostgreSQL takes it for a tenth of the
    table, finds its general plan too dear, and plans anew each time (a tenth of a search).
    """
    there, asked = "embedding", "$1::vector" if form is _ONE else "asked.vector"
    if dimensions <= LONGEST_INDEXED:
        there, asked = (indexed(each, dimensions) for each in (there, asked))
    where = _where(*asks, first=3)
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
