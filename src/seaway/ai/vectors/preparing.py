"""Preparing: declared, model, column and index agree before the first request is answered."""

import asyncio
from collections.abc import Callable

import asyncpg

from seaway.ai.vectors.embedder import Embedder
from seaway.ai.vectors.migrating import abandoned, migrated
from seaway.ai.vectors.schema import (
    Connection,
    Made,
    Unfit,
    connected,
    extension,
    provided,
    width,
)
from seaway.ai.vectors.settings import Settings
from seaway.ai.vectors.store import GONE
from seaway.serving.refusal import Refusal

_AGAIN = 1.0
"""Seconds between two tries while something that is needed does not answer."""


async def prepared(told: Settings, embedder: Embedder | None, left: Callable[[int], None]) -> Made:
    """What the table is, once it can be used; waits for database and gateway, if need be for ever.

    Raises:
        Unfit: it can never be used as declared.
    """
    if embedder:
        await fits(told, embedder)
    while True:
        try:
            connection = await asyncpg.connect(told.database, timeout=5)
            try:
                return await _agreed(connection, told, embedder, left)
            finally:
                await connection.close()
        except (*GONE, Refusal):
            await asyncio.sleep(_AGAIN)


async def _agreed(
    connection: Connection, told: Settings, embedder: Embedder | None, left: Callable[[int], None]
) -> Made:
    await extension(connection)
    await connected(connection)
    model = embedder.answering if embedder else ""
    made = await provided(connection, told, model)
    if (made.model, made.dimensions) != (model, told.dimensions):
        return await migrated(connection, told, embedder, left)
    if await width(connection, "embedding_next"):
        await abandoned(connection)
    return made


async def fits(told: Settings, embedder: Embedder) -> None:
    """Ask which model answers; its vectors must have room."""
    while True:
        try:
            [row] = await embedder.asked(["seaway"])
        except Refusal:
            await asyncio.sleep(_AGAIN)
            continue
        if len(row) > told.dimensions:
            found = f"{embedder.answering} gives {len(row)} dimensions"
            raise Unfit(f"{found}; {told.dimensions} are declared")
        return
