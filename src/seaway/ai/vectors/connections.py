"""Connections: a few to the database, made when needed; a pool that costs a question nothing.

asyncpg's own pool runs a task and a statement at each return; together they cost as much as the
question itself.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager

import asyncpg

from seaway.ai.vectors.schema import Connection, connected

MOST = 8
LIMIT = 30.0
"""Seconds for a statement."""
_CONNECTING = 5.0
REACH = 100
"""Rows that the index is asked for at once (R57)."""
SEARCHING = {
    "hnsw.ef_search": str(REACH), "hnsw.iterative_scan": "off", "jit": "off",
    "application_name": "seaway-vectors",
}  # fmt: skip
FURTHER = SEARCHING | {
    # What passes a filter comes in the order of likeness, nearly: it is sorted once more. A search
    # that needs no more than the first rows pays a third more for being able to go on.
    "hnsw.iterative_scan": "relaxed_order", "hnsw.max_scan_tuples": "40000",
}  # fmt: skip


class Connections:
    """All alike: no statement leaves anything behind for the next."""

    def __init__(self, database: str, settings: Mapping[str, str] = SEARCHING) -> None:
        self._database, self._settings = database, dict(settings)
        self._turn = asyncio.Semaphore(MOST)
        self._idle: list[Connection] = []

    @asynccontextmanager
    async def taken(self) -> AsyncGenerator[Connection]:
        """One of them, for the length of the block. What failed in a way of its own is not kept."""
        async with self._turn:
            connection = await self._one()
            try:
                yield connection
            except asyncpg.PostgresError:
                self._idle.append(connection)
                raise
            except BaseException:
                connection.terminate()
                raise
            self._idle.append(connection)

    async def _one(self) -> Connection:
        while self._idle:
            if not (found := self._idle.pop()).is_closed():
                return found
        made = await asyncpg.connect(
            self._database,
            timeout=_CONNECTING,
            command_timeout=LIMIT,
            server_settings=self._settings,
        )
        await connected(made)
        return made

    def close(self) -> None:
        """Let go of all."""
        for each in self._idle:
            each.terminate()
