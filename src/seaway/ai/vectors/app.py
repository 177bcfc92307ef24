"""App: the endpoints of the store."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import wraps

import orjson

from seaway.ai.vectors import forms
from seaway.ai.vectors.embedder import Embedder
from seaway.ai.vectors.forms import Delete, Embed, Upsert, one_of
from seaway.ai.vectors.keeping import Keeps, Row, Search, Superseded
from seaway.ai.vectors.numbers import Vector, checked, padded
from seaway.ai.vectors.store import GONE, fitting, gone
from seaway.serving.front import Front, Request
from seaway.serving.metrics import Counter, Gauge, Histogram
from seaway.serving.refusal import Refusal
from seaway.serving.service import Endpoint, answer, decoded

_PAGE = 100
_MOST = 1000


class App:
    """Ready once it has a store."""

    def __init__(self, dimensions: int, embedder: Embedder | None) -> None:
        self._dimensions, self._embedder = dimensions, embedder
        self.store: Keeps | None = None
        self.items = Counter("vectors_items_total", "Items, by what was done.", ("done",))
        self.search_time = Histogram("vectors_search_seconds", "In the database.")
        self.left = 0
        """Items whose vectors are still to be made anew."""
        waiting = Gauge("vectors_embeddings_waiting", "Texts on their way.",
                        lambda: {(): float(embedder.waiting if embedder else 0)})  # fmt: skip
        left = Gauge("vectors_migration_items_left", "To be made anew.",
                     lambda: {(): float(self.left)})  # fmt: skip
        own: Sequence[Counter | Histogram] = (self.items, self.search_time, waiting, left)
        self.metrics = (*own, embedder.texts) if embedder else own

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """By method and path."""
        return {
            "POST /v1/upsert": self._guarded(self._upsert),
            "POST /v1/search": self._guarded(self._search),
            "POST /v1/delete": self._guarded(self._delete),
            "GET /v1/items": self._guarded(self._list),
            "POST /v1/embed": self._embed,
        }

    def _guarded(self, endpoint: Callable[[Keeps, Request, Front], Awaitable[None]]) -> Endpoint:
        """With a store that answers."""

        @wraps(endpoint)
        async def guarded(request: Request, reply: Front) -> None:
            if self.store is None:
                raise Refusal(503, "not_ready", "The store is being made ready.", after=5)
            try:
                await endpoint(self.store, request, reply)
            except Superseded as error:
                self.store = None
                message = "Another release serves these vectors by now."
                raise Refusal(503, "superseded", message, after=1) from error
            except GONE as error:
                raise gone(error) from error

        return guarded

    async def _upsert(self, store: Keeps, request: Request, reply: Front) -> None:
        items = decoded(request, Upsert).items
        for each in items:
            one_of(each.text, each.vector)
        texts = [each.text for each in items if each.text is not None]
        made = iter(await self._vectors(texts))
        rows = [
            Row(each.type, each.id,
                next(made) if each.vector is None else checked(each.vector, self._dimensions),
                orjson.dumps(each.metadata), each.text)
            for each in items
        ]  # fmt: skip
        # in one order everywhere: two requests for the same items must not wait for each other
        await store.write(sorted(rows, key=lambda each: (each.type, each.id)))
        self.items.add("upserted", amount=len(rows))
        answer(reply, {"upserted": len(rows)})

    async def _search(self, store: Keeps, request: Request, reply: Front) -> None:
        asked = decoded(request, forms.Search)
        one_of(asked.text, asked.vector)
        if asked.text is not None:
            [vector] = await self._vectors([asked.text])
        else:
            vector = checked(asked.vector or b"", self._dimensions)
        fit = fitting(asked.type, asked.filter)
        began = asyncio.get_running_loop().time()
        found = await store.near(vector, Search(fit, asked.limit, asked.threshold))
        self.search_time.note(asyncio.get_running_loop().time() - began)
        self.items.add("found", amount=found.count)
        reply.whole(200, b'{"results":%s}' % found.results)

    async def _delete(self, store: Keeps, request: Request, reply: Front) -> None:
        asked = decoded(request, Delete)
        if (asked.ids is None) == (asked.filter is None):
            raise Refusal(422, "ids_or_filter", "Give either 'ids' or 'filter'.")
        count = await store.delete(asked.type, asked.ids, asked.filter)
        self.items.add("deleted", amount=count)
        answer(reply, {"deleted": count})

    async def _list(self, store: Keeps, request: Request, reply: Front) -> None:
        query = request.query
        kind, after = query.get("type", ""), query.get("after", "")
        try:
            limit = min(max(int(query.get("limit") or _PAGE), 1), _MOST)
        except ValueError as error:
            raise Refusal(422, "limit", "'limit' is a number.") from error
        rows = await store.listed(kind, after, limit)
        items = [
            {"type": kind, "id": row.id, "metadata": orjson.Fragment(row.metadata),
             "created_at": row.created_at, "updated_at": row.updated_at} for row in rows
        ]  # fmt: skip
        answer(reply, {"items": items, "next": items[-1]["id"] if len(rows) == limit else None})

    async def _embed(self, request: Request, reply: Front) -> None:
        texts = decoded(request, Embed).texts
        answer(reply, {"vectors": await self._vectors(texts)})

    async def _vectors(self, texts: Sequence[str]) -> list[Vector]:
        if not texts:
            return []
        if self._embedder is None:
            message = "No gateway makes vectors here: send vectors, or name one in `uses`."
            raise Refusal(422, "no_embeddings", message)
        if not all(each.strip() for each in texts):
            raise Refusal(422, "empty_text", "A text has nothing in it.")
        return [padded(each, self._dimensions) for each in await self._embedder.rows(texts)]
