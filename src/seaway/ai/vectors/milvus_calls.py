"""Calls: what is asked of a Milvus server, each in a thread; its client has no types."""

# mypy: disable-error-code="no-any-return"
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportUnnecessaryComparison=false
# pymilvus has no types; what goes in and what comes out is said here.

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import grpc  # type: ignore[import-untyped]  # it has none
from pymilvus import DataType, MilvusClient  # type: ignore[import-untyped]  # it has none
from pymilvus.exceptions import MilvusException  # type: ignore[import-untyped]  # likewise

from seaway.serving.refusal import Refusal

LIMIT = 30.0
"""Seconds for a call."""
WINDOW = 16_384
"""Most rows that one answer may have: a limit of Milvus."""
_AWAY = 2
"""The client's own code for a server that cannot be reached."""
T = TypeVar("T")
_NOT_LOADED = 101
"""Milvus's code for a collection that is not in memory; milvus-lite only says so in words."""
Row = Mapping[str, object]
_Kinds = {"text": DataType.VARCHAR, "json": DataType.JSON, "number": DataType.INT64}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a collection is made of, beside its key and its vectors."""

    name: str
    dimensions: int
    fields: Mapping[str, tuple[str, int]]
    """By name: `text`, `json` or `number`, and of a text the most bytes."""
    m: int
    ef_construction: int


class Calls:
    """One server; connected when first asked."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client: MilvusClient | None = None
        logging.getLogger("pymilvus").setLevel(logging.CRITICAL)  # it would print its call stacks

    async def provide(self, shape: Shape) -> None:
        """Make the collection where there is none, and have it in memory."""
        await self._call(shape.name, lambda client: _provided(client, shape))

    async def write(self, name: str, rows: Sequence[Row]) -> None:
        """All of them or none, over those with the same key."""
        body = [dict(each) for each in rows]
        await self._call(name, lambda client: client.upsert(name, body, timeout=LIMIT))

    async def read(
        self, name: str, fit: str, fields: Sequence[str], most: int = WINDOW
    ) -> list[Row]:
        """Those that fit, in no order."""
        return await self._call(
            name,
            lambda client: [
                dict(each)
                for each in client.query(
                    name, filter=fit, output_fields=list(fields), limit=most, timeout=LIMIT
                )
            ],
        )

    async def near(
        self, name: str, vector: Sequence[float], fit: str, fields: Sequence[str], most: int
    ) -> list[tuple[float, Row]]:
        """The nearest, with their likeness, nearest first."""

        def search(client: MilvusClient) -> list[tuple[float, Row]]:
            params = {"metric_type": "COSINE", "params": {"ef": max(most, 100)}}
            [found] = client.search(
                name, [list(vector)], filter=fit, limit=most, output_fields=list(fields),
                search_params=params, timeout=LIMIT,
            )  # fmt: skip
            return [(float(each["distance"]), dict(each["entity"])) for each in found]

        return await self._call(name, search)

    async def delete(self, name: str, keys: Sequence[str]) -> None:
        """Those with these keys."""
        gone = list(keys)
        await self._call(name, lambda client: client.delete(name, ids=gone, timeout=LIMIT))

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()

    async def _call(self, name: str, ask: Callable[[MilvusClient], T]) -> T:
        """In a thread; `name` is the collection that is asked.

        Raises:
            ConnectionError: the server does not answer.
            Refusal: it refuses.
        """
        try:
            return await asyncio.to_thread(self._asked, name, ask)
        except grpc.RpcError as error:
            raise ConnectionError(str(error)) from error
        except MilvusException as error:
            if error.code == _AWAY:
                raise ConnectionError(error.message) from error
            raise Refusal(422, "refused_by_milvus", str(error.message)) from error

    def _asked(self, name: str, ask: Callable[[MilvusClient], T]) -> T:
        """After a restart of the server a collection is on its disk only: it is loaded again."""
        if self._client is None:
            self._client = MilvusClient(self._url, timeout=LIMIT)
        try:
            return ask(self._client)
        except MilvusException as error:
            if error.code != _NOT_LOADED and "released" not in str(error.message):
                raise
            self._client.load_collection(name, timeout=LIMIT)
            return ask(self._client)


def _provided(client: MilvusClient, shape: Shape) -> None:
    if not client.has_collection(shape.name, timeout=LIMIT):
        schema = client.create_schema(auto_id=False, enable_dynamic_field=False)
        schema.add_field("key", DataType.VARCHAR, is_primary=True, max_length=64)
        schema.add_field("embedding", DataType.FLOAT_VECTOR, dim=shape.dimensions)
        for name, (kind, most) in shape.fields.items():
            schema.add_field(name, _Kinds[kind], **({"max_length": most} if most else {}))
        index = client.prepare_index_params()
        index.add_index(
            "embedding", index_type="HNSW", metric_type="COSINE",
            params={"M": shape.m, "efConstruction": shape.ef_construction},
        )  # fmt: skip
        client.create_collection(
            shape.name, schema=schema, index_params=index, consistency_level="Strong",
            timeout=LIMIT,
        )  # fmt: skip
    client.load_collection(shape.name, timeout=LIMIT)
