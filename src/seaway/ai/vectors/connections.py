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
LIMIT = 60.0
"""Seconds for the use of a connection."""
_LOOK = 2.0
"""Seconds between two looks at those that are used."""
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
        self._since: dict[Connection, float] = {}
        """Those at work."""
        self._looking: asyncio.TimerHandle | None = None

    @asynccontextmanager
    async def taken(self) -> AsyncGenerator[Connection]:
        """One of them, for the length of the block. What failed in a way of its own is not kept."""
        connection = await self._take()
        try:
            yield connection
        except BaseException as error:
            self._give(connection, well=isinstance(error, asyncpg.PostgresError))
            raise
        self._give(connection)

    async def fetch(self, statement: str, *given: object) -> list[asyncpg.Record]:
        """What one statement finds: as `taken` and `fetch`, without what a block costs."""
        connection = await self._take()
        try:
            found = await connection.fetch(statement, *given)
        except BaseException as error:
            self._give(connection, well=isinstance(error, asyncpg.PostgresError))
            raise
        self._give(connection)
        return found

    async def _take(self) -> Connection:
        await self._turn.acquire()
        try:
            connection = await self._one()
        except BaseException:
            self._turn.release()
            raise
        loop = asyncio.get_running_loop()
        self._since[connection] = loop.time()
        if self._looking is None:
            self._looking = loop.call_later(_LOOK, self._look)
        return connection

    def _give(self, connection: Connection, *, well: bool = True) -> None:
        del self._since[connection]
        if well:
            self._idle.append(connection)
        else:
            connection.terminate()
        self._turn.release()

    async def _one(self) -> Connection:
        while self._idle:
            if not (found := self._idle.pop()).is_closed():
                return found
        made = await asyncpg.connect(
            self._database, timeout=_CONNECTING, server_settings=self._settings
        )
        await connected(made)
        return made

    def _look(self) -> None:
        """Cut off what takes too long: one timer for all costs a statement nothing."""
        loop = asyncio.get_running_loop()
        for each, since in self._since.items():
            if loop.time() - since > LIMIT:
                each.terminate()
        self._looking = loop.call_later(_LOOK, self._look) if self._since else None

    def close(self) -> None:
        """Let go of all."""
        if self._looking:
            self._looking.cancel()
        for each in self._idle:
            each.terminate()
