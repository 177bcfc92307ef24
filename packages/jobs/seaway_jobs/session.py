"""One worker's connections to the database, for as long as they last."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, LiteralString

import psycopg
from psycopg_pool import AsyncConnectionPool

from seaway_jobs.settings import WorkerSettings
from seaway_jobs.within import Connection, Row, rows, value

REGISTER: LiteralString = "SELECT * FROM seaway_jobs_register(%s::jsonb, %s, %s::bigint[])"
TAKE: LiteralString = "SELECT * FROM seaway_jobs_take(%s, %s, %s, %s)"
TAKE_OVER: LiteralString = "SELECT * FROM seaway_jobs_take_over(%s, %s, %s, %s)"
BEAT: LiteralString = "SELECT seaway_jobs_beat(%s)"
PRUNE: LiteralString = "SELECT seaway_jobs_prune(%s)"
DUE: LiteralString = """
SELECT extract(epoch FROM min(scheduled_at) - clock_timestamp())::float FROM procrastinate_jobs
WHERE queue_name = %s AND status = 'todo' AND scheduled_at IS NOT NULL"""
STOPPING: LiteralString = "UPDATE seaway_jobs_workers SET stopping = true WHERE id = %s"
LEAVE: LiteralString = "SELECT procrastinate_unregister_worker_v1(%s)"

LOST = (psycopg.OperationalError, psycopg.InterfaceError, TimeoutError)
"""What a connection that ended, or a server that does not answer, looks like."""

CONNECT_SECONDS = 5
ANSWER_SECONDS = 5.0
"""The statements of the worker itself take milliseconds."""

GRACE_SECONDS = 3.0
"""After a lost connection, time for the other workers to come back before they are judged."""


class RemovedError(psycopg.OperationalError):
    """Others held this worker for lost, and looked after its jobs."""


@dataclass(slots=True)
class Session:
    """What a worker holds while it is connected."""

    number: int
    kept: tuple[int, ...]
    """Jobs that it brought along from its last session."""
    queue: str
    settings: WorkerSettings
    presence: Connection
    """Holds the lock that tells others that we live, and listens."""
    control: Connection
    pool: AsyncConnectionPool[Connection]
    judges_at: float
    """When it begins to look for the dead, by the clock of the loop."""

    async def take(self, count: int, suspects: int) -> list[Row]:
        """Take jobs, the most urgent first.

        Raises:
            RemovedError: others hold us for lost.
        """
        values = (self.queue, self.number, count, suspects)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                return await rows(self.control, TAKE, values)
        except psycopg.errors.ForeignKeyViolation as error:
            raise RemovedError("others hold this worker for lost") from error

    async def due(self) -> float | None:
        """Return the seconds until the next job that waits for its time; None without one."""
        async with asyncio.timeout(ANSWER_SECONDS):
            found = await value(self.control, DUE, (self.queue,))
        return None if found is None else float(found)

    async def beat(self) -> frozenset[int]:
        """Give a sign of life; return the jobs we own.

        Raises:
            RemovedError: others hold us for lost.
        """
        async with asyncio.timeout(ANSWER_SECONDS):
            owned = await value(self.control, BEAT, (self.number,))
        if owned is None:
            raise RemovedError("others looked after the jobs of this worker")
        return frozenset(owned)

    async def take_over(self) -> list[Row]:
        """Look after the jobs of workers that ended or fell silent; return those."""
        judges = asyncio.get_running_loop().time() >= self.judges_at
        limits = (self.settings.lease, self.settings.crashes)
        async with asyncio.timeout(ANSWER_SECONDS):
            return await rows(self.control, TAKE_OVER, (self.number, judges, *limits))

    async def prune(self) -> None:
        """Remove finished jobs that were kept for long enough."""
        async with asyncio.timeout(ANSWER_SECONDS):
            await self.control.execute(PRUNE, (self.settings.keep,))

    async def stopping(self) -> None:
        """Tell others that no new job is taken."""
        async with asyncio.timeout(ANSWER_SECONDS):
            await self.control.execute(STOPPING, (self.number,))

    async def listen(self, wake: Callable[[], None]) -> None:
        """Call `wake` whenever there may be something to do; ends only by an error."""
        async for _ in self.presence.notifies():
            wake()

    async def leave(self) -> None:
        """Go in order: nobody has to look after anything."""
        async with asyncio.timeout(ANSWER_SECONDS):
            await self.control.execute(LEAVE, (self.number,))


@asynccontextmanager
async def opened(
    settings: WorkerSettings, queue: str, last: int, in_hand: Sequence[int]
) -> AsyncIterator[Session]:
    """Connect and register; `last` is the number of the session before, 0 for none."""
    async with (
        await _connected(settings, "presence") as presence,
        await _connected(settings, "control") as control,
        _pool(settings) as pool,
    ):
        about = {
            "queue": queue, "instance": settings.instance, "host": socket.gethostname(),
            "process": os.getpid(), "concurrency": settings.concurrency,
        }  # fmt: skip
        async with asyncio.timeout(ANSWER_SECONDS):
            # what a crash of the server loses of it is found again: nobody's effect waits for it
            await control.execute("SET synchronous_commit TO off")
            await presence.execute(f'LISTEN "procrastinate_queue_v1#{queue}"'.encode())
            values = (json.dumps(about), last, list(in_hand))
            [row] = await rows(presence, REGISTER, values)
        grace = timedelta(seconds=GRACE_SECONDS if last else 0).total_seconds()
        yield Session(
            number=int(row["worker"]), kept=tuple(row["kept"]), queue=queue, settings=settings,
            presence=presence, control=control, pool=pool,
            judges_at=asyncio.get_running_loop().time() + grace,
        )  # fmt: skip


async def _connected(settings: WorkerSettings, what: str) -> Connection:
    return await psycopg.AsyncConnection.connect(
        settings.database_url, autocommit=True, **_options(settings, what)
    )


def _pool(settings: WorkerSettings) -> AsyncConnectionPool[Connection]:
    return AsyncConnectionPool(
        settings.database_url,
        min_size=1,
        max_size=settings.concurrency,
        timeout=settings.lease.total_seconds(),
        kwargs={"autocommit": True, **_options(settings, "effects")},
        open=False,
    )


def _options(settings: WorkerSettings, what: str) -> dict[str, Any]:
    """Return options by which a connection that broke without a word is noticed in time."""
    return {
        "connect_timeout": CONNECT_SECONDS,
        "application_name": f"{settings.instance} {what}"[:63],
        "keepalives_idle": 3,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": int(settings.lease.total_seconds() * 1000),
    }
