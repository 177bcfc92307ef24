"""Database: connections to PostgreSQL, made when they are needed; the tables make themselves."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# asyncpg has no types; `Connection` says what is used of it.

import asyncio
import re
from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib import resources
from typing import Any, Protocol

import asyncpg

from seaway.serving.refusal import Refusal

CONNECTIONS = 10
"""Most of one copy of this program."""
WITHIN = 30.0
"""Seconds for one statement."""
_CONNECT = 5.0
_LOCK = 0x5EA_0AC_0DE
"""Held while the tables are made, so that two copies do not make them at once."""
_GONE = (
    OSError, TimeoutError, asyncpg.PostgresConnectionError, asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError, asyncpg.TooManyConnectionsError,
)  # fmt: skip
Row = Mapping[str, Any]
"""Columns by name; what they are, the query says."""


class Connection(Protocol):
    """As asyncpg has it."""

    async def fetch(self, query: str, *values: object) -> list[Row]:
        """All rows."""
        ...

    async def fetchval(self, query: str, *values: object) -> Any:  # noqa: ANN401 -- the query says
        """The first value of the first row."""
        ...

    async def execute(self, query: str, *values: object) -> str:
        """What was done, as PostgreSQL says it."""
        ...

    async def executemany(self, query: str, rows: Iterable[Sequence[object]]) -> None:
        """The same with each of these."""
        ...

    async def copy_records_to_table(
        self, name: str, *, columns: Sequence[str], records: Iterable[Sequence[object]]
    ) -> str:
        """Many rows at once."""
        ...

    def transaction(self) -> AbstractAsyncContextManager[None]:
        """All or nothing."""
        ...


class Database:
    """A pool, in a schema of its own."""

    def __init__(self, url: str, name: str) -> None:
        self._url = url
        self._schema = "rag_" + re.sub(r"\W", "_", name)
        self._pool: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    @asynccontextmanager
    async def connected(self) -> AsyncGenerator[Connection]:
        """One connection.

        Raises:
            Refusal: 503 while PostgreSQL does not answer.
        """
        try:
            pool: Any = await self._opened()
            async with pool.acquire(timeout=_CONNECT) as connection:
                yield connection
        except _GONE as error:
            message = "The database does not answer."
            raise Refusal(503, "database_gone", message, after=2) from error

    async def close(self) -> None:
        """End all connections, those that are in use after a while."""
        if self._pool is not None:
            try:
                async with asyncio.timeout(_CONNECT):
                    await self._pool.close()
            except TimeoutError:
                self._pool.terminate()

    async def _opened(self) -> asyncpg.Pool:
        async with self._opening:
            if self._pool is None:
                pool = await asyncpg.create_pool(
                    self._url, min_size=0, max_size=CONNECTIONS, timeout=_CONNECT,
                    command_timeout=WITHIN, server_settings={"search_path": self._schema},
                )  # fmt: skip
                try:
                    await self._make(pool)
                except BaseException:
                    pool.terminate()
                    raise
                self._pool = pool
        return self._pool

    async def _make(self, pool: asyncpg.Pool) -> None:
        script = resources.files("seaway.ai.rag").joinpath("schema.sql").read_text()
        async with pool.acquire(timeout=_CONNECT) as connection, connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            await connection.execute("SET LOCAL client_min_messages = warning")
            await connection.execute(f'CREATE SCHEMA IF NOT EXISTS "{self._schema}"')
            await connection.execute(script)
