"""One job in the hand of a worker, and the fence around what it does."""

import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, LiteralString, Protocol, TypeVar, cast, overload

import psycopg
from psycopg.pq import TransactionStatus

from seaway_jobs.errors import InTransaction, Superseded
from seaway_jobs.views import Payload
from seaway_jobs.within import Connection, Within, value

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

OWN: LiteralString = """
SELECT (seaway_jobs_own(%s, %s, %s)).id IS NOT NULL AND
    set_config('idle_in_transaction_session_timeout', %s, true) IS NOT NULL"""
DONE: LiteralString = "SELECT seaway_jobs_done(%s, %s, %s, %s)"
PROGRESS: LiteralString = "SELECT seaway_jobs_progress(%s, %s, %s, %s, %s)"

T = TypeVar("T", bound="AsyncSession | Connection")


class Hand(Protocol):
    """The worker that holds the job."""

    @property
    def number(self) -> int:
        """Its session's number; another one after each connection that was lost."""
        ...

    @property
    def lease(self) -> timedelta: ...

    def connection(self) -> AbstractAsyncContextManager[Connection]:
        """Lend one of the worker's connections, outside of a transaction."""
        ...


class Job:
    """What a task gets: its job, for as long as this worker owns it."""

    def __init__(  # noqa: PLR0913 - a record
        self,
        hand: Hand,
        *,
        id: int,  # noqa: A002 - it is called so by those who use it
        task: str,
        queue: str,
        payload: Payload,
        attempts: int,
        tries: int,
        suspect: bool,
        enqueued_at: datetime,
        resources: Any,  # noqa: ANN401 - whatever the application wants
    ) -> None:
        self.id = id
        self.task = task
        self.queue = queue
        self.payload = payload
        self.attempt = attempts + 1
        self.tries = tries
        self.suspect = suspect
        self.enqueued_at = enqueued_at
        self.resources = resources
        self.done = False
        self.suspected = False
        self.begun = time.monotonic()
        self._hand = hand
        self._attempts = attempts

    @property
    def key(self) -> str:
        """The same on every try: an idempotency key for services outside of the database."""
        return f"{self.queue}-{self.id}"

    @property
    def token(self) -> tuple[int, int, int]:
        """What the fence compares: the job, the try and the worker."""
        return (self.id, self._attempts, self._hand.number)

    @property
    def seconds(self) -> float:
        """How long this try has taken so far."""
        return time.monotonic() - self.begun

    async def progress(self, percent: int, text: str = "") -> None:
        """Store how far it is, and tell those that follow.

        Raises:
            Superseded: the job is not ours any more.
        """
        within = max(0, min(100, percent))
        async with self._hand.connection() as connection:
            if not await value(connection, PROGRESS, (*self.token, within, text)):
                raise Superseded(self.key)

    @overload
    def effect(self) -> AbstractAsyncContextManager[Connection]: ...
    @overload
    def effect(self, within: T) -> AbstractAsyncContextManager[T]: ...
    def effect(self, within: Any = None) -> AbstractAsyncContextManager[Any]:
        """Open the transaction in which the job's effect and its end are committed together.

        Raises:
            Superseded: the job is not ours any more; nothing was written.
            InTransaction: `within` is in a transaction already.
        """
        return self._fenced(within, last=True)

    @overload
    def step(self) -> AbstractAsyncContextManager[Connection]: ...
    @overload
    def step(self, within: T) -> AbstractAsyncContextManager[T]: ...
    def step(self, within: Any = None) -> AbstractAsyncContextManager[Any]:
        """Open a transaction for something to be kept before the end; raises as `effect` does."""
        return self._fenced(within, last=False)

    async def finish(self) -> None:
        """Mark it done, for a task without an effect; raises as `effect` does."""
        async with self._hand.connection() as connection:
            await self._end(connection)
        self.done = True

    @asynccontextmanager
    async def _fenced(self, within: Any, *, last: bool) -> AsyncIterator[Any]:  # noqa: ANN401
        if within is None:
            async with self._hand.connection() as own, self._fenced(own, last=last):
                yield own
            return
        async with _transaction(within):
            limit = str(int(self._hand.lease.total_seconds() * 1000))
            if not await value(within, OWN, (*self.token, limit)):
                raise Superseded(self.key)
            yield within
            if last:
                await self._end(within)
        self.done = self.done or last

    async def _end(self, within: Within) -> None:
        if not await value(within, DONE, (*self.token, self.seconds)):
            raise Superseded(self.key)


def _transaction(within: Any) -> AbstractAsyncContextManager[object]:  # noqa: ANN401
    """Return a transaction of its own on the connection or session; it commits at its end."""
    if isinstance(within, psycopg.AsyncConnection):
        if within.info.transaction_status is not TransactionStatus.IDLE:
            raise InTransaction("the connection is in a transaction: its end would not be ours")
        return within.transaction()
    if within.in_transaction():
        raise InTransaction("the session is in a transaction: its end would not be ours")
    return cast("AbstractAsyncContextManager[object]", within.begin())
