"""Reads from the replica, but never what is older than what was written before.

After a write its place in the write-ahead log is noted in Redis. A reader asks the replica how far
it is: if it has not come to that place yet, the primary is read. So whoever has written sees it,
on every copy of the API, and the primary is asked only while the replica is behind.
"""

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Literal

import valkey.asyncio as valkey
from seaway_service.cache import translated
from seaway_service.database import Database
from seaway_service.errors import UnavailableError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from lulab.metrics import LAG, READS
from lulab.names import NAME

log = logging.getLogger(__name__)

MARK = f"{NAME}:written"
KEEP_SECONDS = 600
"""A replica that is further behind than this is not read from in any case (its `lag_max`)."""
HIGHER = """
if ARGV[1] + 0 > tonumber(redis.call('GET', KEYS[1]) or '0') then
  redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
end
"""
PLACE = text("SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")
HOW_FAR = text(
    "SELECT pg_wal_lsn_diff(pg_last_wal_replay_lsn(), '0/0')::bigint,"
    " CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0"
    " ELSE COALESCE(EXTRACT(EPOCH FROM now() - pg_last_xact_replay_timestamp()), 0) END::float8"
)


@dataclass(frozen=True, slots=True)
class Source:
    """Where from something was read; the lag is the replica's, in seconds."""

    name: Literal["primary", "replica"]
    lag: float = 0.0


class Reads:
    """The primary, and a replica where there is one."""

    def __init__(self, primary: Database, replica: Database | None, client: valkey.Valkey) -> None:
        self._primary, self._replica, self._client = primary, replica, client
        self._note = client.register_script(HIGHER)

    async def wrote(self) -> None:
        """Note how far the log is: call it behind the commit, before it is told to anybody.

        Where Redis is away nothing is noted: the write stands, and a reader may see it later.
        """
        async with self._primary.transaction() as session:
            place = await session.scalar(PLACE)
        try:
            with translated():
                await self._note(keys=[MARK], args=[int(place or 0), KEEP_SECONDS])
        except UnavailableError:
            log.warning("a write is not noted for readers", extra={"place": place})

    @asynccontextmanager
    async def session(self) -> AsyncIterator[tuple[AsyncSession, Source]]:
        """Lend a session for reading, and say where it reads.

        Raises:
            UnavailableError: neither of both answers.
        """
        found = await self._fresh()
        READS.labels("replica" if found else "primary").inc()
        if found is None or self._replica is None:
            async with self._primary.transaction() as session:
                yield session, Source("primary")
        else:
            async with self._replica.transaction() as session:
                yield session, found

    async def _fresh(self) -> Source | None:
        """Return the replica if it has all that was written before now."""
        if self._replica is None:
            return None
        try:
            with translated():
                mark = int(await self._client.get(MARK) or 0)
            async with self._replica.transaction() as session:
                place, lag = (await session.execute(HOW_FAR)).one()
        except UnavailableError as error:
            log.warning("the replica is not read", extra={"why": str(error)})
            return None
        if place is None:  # it is no replica, or not any more: the address led to the primary
            return None
        LAG.set(lag)
        return Source("replica", float(lag)) if place >= mark else None
