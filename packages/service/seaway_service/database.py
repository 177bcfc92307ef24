"""Opens the pool of connections to PostgreSQL."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import URL, Connection, event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.exc import TimeoutError as NoConnectionError
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from seaway_service.errors import UnavailableError

PART = "the database"
STATEMENT_LIMIT = "-c statement_timeout=10s -c idle_in_transaction_session_timeout=30s"
CONNECT_SECONDS = 3
TRANSACTION_SECONDS = 30  # beyond all limits of the server: it is for one that is frozen
LONGEST_LIFE_SECONDS = 3600
LOOK_SECONDS = 0.5
SLOW_SECONDS = 0.5
LONGEST_STATEMENT = 500

log = logging.getLogger(__name__)


class Database:
    """Lends sessions, each inside of a transaction that commits at the end of the block.

    A transaction is as long as its statements and not as long as its request: an upload may take
    minutes, and must not keep a connection from the others.
    """

    def __init__(self, url: str, *, connections: int, client: str, options: str = "") -> None:
        """Make the pool; `client` is the name that the server lists its connections under.

        `options` are more settings of each session: `-c hnsw.ef_search=100`.
        """
        self._engine = engine(url, connections, client, options)
        # what was read stays readable after the commit: nothing is loaded again behind our back
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Lend a session; it connects when first used, and again whenever it must.

        Raises:
            UnavailableError: there is no connection to be had, or it broke.
        """
        try:
            async with asyncio.timeout(TRANSACTION_SECONDS), self._sessions.begin() as session:
                yield session
        except OperationalError as error:
            raise UnavailableError(PART) from said_by_driver(error)
        except (NoConnectionError, TimeoutError) as error:
            raise UnavailableError(PART) from error

    async def version(self) -> str:
        """Return the last migration that the schema has seen.

        Raises:
            UnavailableError: the database does not answer, or has seen none.
        """
        try:
            async with self.transaction() as session:
                found = await session.scalar(text("SELECT version_num FROM alembic_version"))
        except ProgrammingError as error:
            raise UnavailableError(PART) from said_by_driver(error)
        return str(found or "")


def engine(url: str, connections: int, client: str, options: str) -> AsyncEngine:
    """Return the engine; nothing connects yet, so that a replica starts without a database."""
    made = create_async_engine(
        address(url),
        connect_args={
            "application_name": client,
            "connect_timeout": CONNECT_SECONDS,
            "options": f"{STATEMENT_LIMIT} {options}".rstrip(),
        },
        pool_size=connections,
        max_overflow=0,
        pool_timeout=CONNECT_SECONDS,
        pool_recycle=LONGEST_LIFE_SECONDS,
        # a database that was restarted must not cost each replica a failed request
        pool_pre_ping=True,
        # they are addresses and hashes of passwords, and errors are logged
        hide_parameters=True,
        # spares each start a query for a type that is not used
        use_native_hstore=False,
    )
    tell_slow(made)
    return made


def tell_slow(made: AsyncEngine) -> None:
    """Log what takes long with the id of its request, which the server's own log does not know."""

    def begins(connection: Connection, *_: object) -> None:
        connection.info["began"] = time.monotonic()

    def ended(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        seconds = time.monotonic() - connection.info["began"]
        if seconds >= SLOW_SECONDS:
            fields = {"ms": round(seconds * 1000), "statement": statement[:LONGEST_STATEMENT]}
            log.warning("slow statement", extra=fields)

    event.listen(made.sync_engine, "before_cursor_execute", begins)
    event.listen(made.sync_engine, "after_cursor_execute", ended)


def address(url: str) -> URL:
    """Return the address with the driver that is used here."""
    return make_url(url).set(drivername="postgresql+psycopg")


def said_by_driver(error: DBAPIError) -> BaseException:
    """Return the error as the driver raised it, without what SQLAlchemy adds to the text."""
    return error.orig or error


async def migrated(database: Database, needed: str) -> None:
    """Return when this migration has been made, or a later one: workers wait for their tables."""
    while True:
        try:
            version = await database.version()
        except UnavailableError as error:
            log.warning("waiting for the database", extra={"why": str(error)})
        else:
            if version >= needed:
                return
            log.info("waiting for the migration", extra={"version": version})
        await asyncio.sleep(LOOK_SECONDS)
