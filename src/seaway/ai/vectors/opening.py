"""Opening: the service, answering at once and ready when its store is."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from seaway.ai.vectors.app import App
from seaway.ai.vectors.connections import FURTHER, Connections
from seaway.ai.vectors.embedder import Embedder
from seaway.ai.vectors.preparing import prepared
from seaway.ai.vectors.settings import Settings
from seaway.ai.vectors.store import Store
from seaway.serving.client import Client
from seaway.serving.service import Service

LARGEST = 64 * 2**20
"""Bytes of a request: a thousand vectors of 3072 numbers as JSON."""


@asynccontextmanager
async def opened(told: Settings) -> AsyncGenerator[Service]:
    """Ends when the store can never be used as declared.

    Raises:
        ExceptionGroup: of `Unfit`.
    """
    client = Client(told.gateway, told.gateway_key) if told.gateway else None
    embedder = Embedder(client, told.model) if client else None
    app = App(told.dimensions, embedder)
    service = Service(
        told.keys, app.endpoints, largest=LARGEST, metrics=app.metrics,
        well=lambda: app.store is not None,
    )  # fmt: skip
    async with asyncio.TaskGroup() as together:
        tasks = [together.create_task(_prepare(told, app, embedder))]
        if embedder:
            tasks.append(together.create_task(embedder.work()))
        try:
            yield service
        finally:
            for each in tasks:
                each.cancel()
    if app.store:
        app.store.close()
    if client:
        client.close()


async def _prepare(told: Settings, app: App, embedder: Embedder | None) -> None:
    def left(count: int) -> None:
        app.left = count

    if told.milvus:
        from seaway.ai.vectors import milvus_store  # noqa: PLC0415 -- its client is slow to load

        app.store = await milvus_store.prepared(told, embedder)
        return
    made = await prepared(told, embedder, left)
    database = told.database
    app.store = Store(Connections(database), Connections(database, FURTHER), made)
