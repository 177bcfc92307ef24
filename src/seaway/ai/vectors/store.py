"""Store: the statements of the service. Each holds only for the vectors it was begun with."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import asyncpg
import orjson

from seaway.ai.vectors.connections import Connections
from seaway.ai.vectors.forms import Json
from seaway.ai.vectors.numbers import Vector, sent
from seaway.ai.vectors.schema import Connection, Made
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
_SEARCH = f"""
select asked.number, near.* from unnest($1::vector[]) with ordinality as asked (vector, number)
cross join lateral (
  select entity_type, entity_id, 1 - (embedding <=> asked.vector) as similarity, metadata
  from vector_embeddings
  where {_CURRENT} = $2 {{where}} order by embedding <=> asked.vector limit $3
) near
"""  # noqa: S608 -- constants only
_ONE_BY_ONE = f"""
with fit as materialized (
  select entity_type, entity_id, embedding, metadata from vector_embeddings
  where {_CURRENT} = $2 {{where}}
)
select asked.number, near.* from unnest($1::vector[]) with ordinality as asked (vector, number)
cross join lateral (
  select entity_type, entity_id, 1 - (embedding <=> asked.vector) as similarity, metadata
  from fit order by embedding <=> asked.vector limit $3
) near
"""  # noqa: S608 -- constants only
_COUNT = "select count(*) from (select from vector_embeddings where true {where} limit $1) few"
Filter = tuple[str | None, bytes]
"""A type, and what the metadata must contain."""


@dataclass(frozen=True, slots=True)
class Row:
    """What is written."""

    type: str
    id: str
    vector: Vector
    metadata: bytes
    text: str | None


class Superseded(Exception):  # noqa: N818 -- said as it is
    """The vectors in the table are of another model by now: a newer release serves them."""


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

    async def near(
        self, vector: Vector, kind: str | None, wanted: Json, limit: int
    ) -> list[asyncpg.Record]:
        """The nearest, nearest first.

        Raises:
            Superseded: they would be of another model.
        """
        fit = kind, orjson.dumps(wanted) if wanted else b""
        return await self._searches.found((fit, limit), vector)

    async def _near(
        self, key: tuple[Filter, int], vectors: Sequence[Vector]
    ) -> list[list[asyncpg.Record]]:
        """For each vector."""
        fit, limit = key
        async with self._connections.taken() as connection:
            form = _ONE_BY_ONE if await self._is_narrow(connection, fit) else _SEARCH
            statement = form.format(where=_where(fit, 4))
            asked = [sent(each) for each in vectors]
            rows = await connection.fetch(statement, asked, self.generation, limit, *_given(fit))
            if not rows:
                await self._check(connection)
        found: list[list[asyncpg.Record]] = [[] for _ in vectors]
        for row in sorted(rows, key=lambda row: -float(row["similarity"])):
            found[int(row["number"]) - 1].append(row)
        return found

    async def _is_narrow(self, connection: Connection, fit: Filter) -> bool:
        """Whether so few rows fit that they are compared one by one."""
        if fit == (None, b""):
            return False
        now = asyncio.get_running_loop().time()
        until, narrow = self._narrow.get(fit, (0.0, False))
        if now < until:
            return narrow
        few = NARROW // self._dimensions
        count = await connection.fetchval(
            _COUNT.format(where=_where(fit, 2)), few + 1, *_given(fit)
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

    async def listed(self, kind: str, after: str, limit: int) -> list[asyncpg.Record]:
        """In order of id, those after `after`."""
        async with self._connections.taken() as connection:
            return await connection.fetch(
                "select entity_id, metadata, created_at, updated_at from vector_embeddings"
                " where entity_type = $1 and entity_id > $2 order by entity_id limit $3",
                kind, after, limit,
            )  # fmt: skip

    def close(self) -> None:
        """Let go of all connections."""
        self._connections.close()

    async def _check(self, connection: Connection) -> None:
        if await connection.fetchval(f"select {_CURRENT}") != self.generation:
            raise Superseded


def _where(fit: Filter, first: int) -> str:
    """Conditions whose values are numbered from `first` on."""
    kind, wanted = fit
    parts = ["entity_type = $"] if kind is not None else []
    parts += ["metadata @> $"] if wanted else []
    return "".join(f" and {part}{number}" for number, part in enumerate(parts, start=first))


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
