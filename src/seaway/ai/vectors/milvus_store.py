"""Milvus as a store: the same requests as the one in PostgreSQL, in two collections.

One holds the rows, the other what the rows were made for. Vectors of another model or length are
not made anew here: nothing but the vectors is kept, and Milvus has no transaction to switch in.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import orjson

from seaway.ai.vectors.embedder import Embedder
from seaway.ai.vectors.forms import Json
from seaway.ai.vectors.keeping import Filter, Found, Item, Row, Search
from seaway.ai.vectors.milvus_calls import WINDOW, Calls, Shape
from seaway.ai.vectors.milvus_filter import both, contains, equals, one_of
from seaway.ai.vectors.numbers import Vector
from seaway.ai.vectors.preparing import fits
from seaway.ai.vectors.schema import Unfit
from seaway.ai.vectors.settings import Settings
from seaway.serving.refusal import Refusal

ROWS, SETTINGS = "vector_embeddings", "vector_settings"
THE_ONE = "one"
_AGAIN = 1.0
"""Seconds between two tries while the server does not answer."""
_FIELDS = {
    "entity_type": ("text", 200), "entity_id": ("text", 1020), "metadata": ("json", 0),
    "created_at": ("text", 40), "updated_at": ("text", 40),
}  # fmt: skip
"""As in requirements 2.0; the length of a text in bytes, four for a character."""
_ABOUT = {"component": ("text", 200), "model": ("text", 1000), "dimensions": ("number", 0)}
Stored = Mapping[str, object]
_AT_ONCE = 1000
"""Keys in one question."""


async def prepared(told: Settings, embedder: Embedder | None) -> "MilvusStore":
    """The store, once it can be used; waits for server and gateway, if need be for ever.

    Raises:
        Unfit: what is there was made for another component, model or length.
    """
    if embedder:
        await fits(told, embedder)
    calls = Calls(told.milvus)
    while True:
        try:
            await _provided(calls, told, embedder.answering if embedder else "")
            return MilvusStore(calls)
        except (OSError, Refusal):
            await asyncio.sleep(_AGAIN)


async def _provided(calls: Calls, told: Settings, model: str) -> None:
    wanted = {"component": told.name, "model": model, "dimensions": told.dimensions}
    await calls.provide(Shape(SETTINGS, 2, _ABOUT, told.m, told.ef_construction))
    found = await calls.read(SETTINGS, equals("key", THE_ONE), list(_ABOUT))
    if found and {key: found[0][key] for key in wanted} != wanted:
        raise Unfit(f"the vectors in Milvus are of {dict(found[0])}; declared are {wanted}")
    await calls.provide(Shape(ROWS, told.dimensions, _FIELDS, told.m, told.ef_construction))
    if not found:
        await calls.write(SETTINGS, [{"key": THE_ONE, "embedding": [1.0, 0.0], **wanted}])


class MilvusStore:
    """The rows of one component."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    async def write(self, rows: Sequence[Row]) -> None:
        """All of them or none. When it changed is written anew where something did."""
        last = {_key(each.type, each.id): each for each in rows}
        before = {
            str(old["key"]): old
            for old in await self._those(list(last), ("embedding", "metadata", *_TIMES))
        }
        now = datetime.now(UTC).isoformat()
        await self._calls.write(
            ROWS, [_row(key, each, before.get(key), now) for key, each in last.items()]
        )

    async def near(self, vector: Vector, search: Search) -> Found:
        """The nearest, nearest first."""
        fields = ("entity_type", "entity_id", "metadata")
        fit = _fit(search.fit)
        found = await self._calls.near(ROWS, vector.tolist(), fit, fields, search.limit)
        results = [
            {"type": row["entity_type"], "id": row["entity_id"], "similarity": likeness,
             "metadata": row["metadata"]}
            for likeness, row in found if likeness > search.threshold
        ]  # fmt: skip
        return Found(len(results), orjson.dumps(results))

    async def delete(self, kind: str, ids: Sequence[str] | None, wanted: Json | None) -> int:
        """How many there were."""
        if ids is not None:
            rows = await self._those([_key(kind, each) for each in ids], ("key",))
            return await self._gone([str(each["key"]) for each in rows])
        fit, count = both(equals("entity_type", kind), contains(wanted or {})), 0
        while fitting := await self._calls.read(ROWS, fit, ("key",)):
            count += await self._gone([str(each["key"]) for each in fitting])
        return count

    async def listed(self, kind: str, after: str, limit: int) -> list[Item]:
        """In order of id, those after `after`. Milvus sorts nothing: all are read for it.

        Raises:
            Refusal: there are more of them than Milvus hands out at once.
        """
        fit = equals("entity_type", kind)
        rows = await self._calls.read(ROWS, fit, ("entity_id", "metadata", *_TIMES))
        if len(rows) >= WINDOW:
            message = f"Milvus lists no more than {WINDOW} items of a type."
            raise Refusal(422, "too_many_to_list", message)
        left = sorted((row for row in rows if _id(row) > after), key=_id)[:limit]
        return [
            Item(_id(row), orjson.dumps(row["metadata"]), *(str(row[each]) for each in _TIMES))
            for row in left
        ]

    def close(self) -> None:
        """Let go of the server."""
        self._calls.close()

    async def _those(self, keys: Sequence[str], fields: Sequence[str]) -> list[Stored]:
        found = list[Stored]()
        for start in range(0, len(keys), _AT_ONCE):
            fit = one_of("key", keys[start : start + _AT_ONCE])
            found += await self._calls.read(ROWS, fit, ("key", *fields))
        return found

    async def _gone(self, keys: Sequence[str]) -> int:
        if keys:
            await self._calls.delete(ROWS, keys)
        return len(keys)


_TIMES = ("created_at", "updated_at")


def _row(key: str, row: Row, before: Stored | None, now: str) -> Stored:
    metadata = orjson.loads(row.metadata)
    same = before and before["metadata"] == metadata and _same(before["embedding"], row.vector)
    return {
        "key": key, "embedding": row.vector.tolist(), "entity_type": row.type, "entity_id": row.id,
        "metadata": metadata, "created_at": before["created_at"] if before else now,
        "updated_at": before["updated_at"] if before and same else now,
    }  # fmt: skip


def _same(there: object, vector: Vector) -> bool:
    return np.array_equal(np.asarray(there, dtype=np.float32), vector)


def _fit(fit: Filter) -> str:
    kind, wanted = fit
    typed = equals("entity_type", kind) if kind is not None else ""
    return both(typed, contains(orjson.loads(wanted)) if wanted else "")


def _key(kind: str, name: str) -> str:
    """Of any type and id, in letters that need no quotes."""
    return hashlib.sha256(f"{kind}\0{name}".encode()).hexdigest()


def _id(row: Mapping[str, object]) -> str:
    return str(row["entity_id"])
