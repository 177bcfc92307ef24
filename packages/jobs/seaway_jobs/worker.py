"""The worker: connected, taking jobs, running them, and stopping in order."""

import asyncio
import json
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import LiteralString, assert_never

from seaway_jobs.errors import DatabaseAway
from seaway_jobs.job import Job
from seaway_jobs.metrics import Tally
from seaway_jobs.queue import Queue
from seaway_jobs.running import Done, End, Failed, Lost, Returned, end_of
from seaway_jobs.session import LOST, Session, opened
from seaway_jobs.settings import WorkerSettings
from seaway_jobs.within import Connection, Row, value

log = logging.getLogger("seaway_jobs")

FAILED: LiteralString = "SELECT seaway_jobs_failed(%s, %s, %s, %s, %s::jsonb)"
GIVE_BACK: LiteralString = "SELECT seaway_jobs_give_back(%s, %s, %s)"

WATCH_SECONDS = 0.5
"""Between two looks for workers that ended; the take-over is promised within two seconds."""
PRUNE_SECONDS = 60.0
LONGEST_NAP = 5.0
"""Without a word: a notice is lost only with the connection, and that one is noticed."""
LONGEST_PAUSE = 1.0


@dataclass(slots=True)
class Held:
    """A job in hand."""

    job: Job
    running: asyncio.Task[None]
    taken_away: bool = False


class Worker:
    """One process's work for one queue."""

    def __init__(self, queue: Queue, settings: WorkerSettings, resources: object) -> None:
        self.tally = Tally(queue.name)
        self.stopping = asyncio.Event()
        self._queue = queue
        self._settings = settings
        self._resources = resources
        self._in_hand: dict[int, Held] = {}
        self._wake = asyncio.Event()
        self._session: Session | None = None
        self._connected = asyncio.Event()
        self._number = 0

    @property
    def number(self) -> int:
        """The number of the present session, or of the last one."""
        return self._number

    @property
    def lease(self) -> timedelta:
        """How long a transaction of a job may sleep."""
        return self._settings.lease

    @property
    def ready(self) -> bool:
        """Whether it is connected and takes jobs."""
        return self._session is not None and not self.stopping.is_set()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """Lend a connection, waiting for the database no longer than the lease.

        Raises:
            DatabaseAway: it was not there for as long.
        """
        try:
            async with asyncio.timeout(self.lease.total_seconds()):
                await self._connected.wait()
        except TimeoutError as error:
            raise DatabaseAway("the database is away") from error
        if self._session is None:
            raise DatabaseAway("the database went away")
        async with self._session.pool.connection() as connection:
            yield connection

    def stop(self) -> None:
        """Take no new job, finish what is in hand, and end."""
        self.stopping.set()
        self._wake.set()

    async def run(self) -> None:
        """Work until told to stop."""
        keeper = asyncio.create_task(self._keep_connected())
        taker = asyncio.create_task(self._take_jobs())
        try:
            # the keeper ends only when something is wrong that no patience mends
            await asyncio.wait({keeper, taker}, return_when=asyncio.FIRST_COMPLETED)
            if not keeper.done():
                await self._drain()
        finally:
            for each in (taker, keeper):
                each.cancel()
            for each in (taker, keeper):
                with suppress(asyncio.CancelledError):
                    await each

    # ------------------------------------------------------------------------------- connected

    async def _keep_connected(self) -> None:
        pause = 0.05
        while True:
            try:
                jobs = tuple(self._in_hand)
                async with opened(self._settings, self._queue.name, self._number, jobs) as session:
                    pause = 0.05
                    await self._serve(session)
            except* LOST as lost:
                log.warning("database lost", extra={"why": str(lost.exceptions[0])[:200]})
            await asyncio.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - no secret
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _serve(self, session: Session) -> None:
        for number, held in list(self._in_hand.items()):
            if number not in session.kept:
                self._take_away(held)
        self._number, self._session = session.number, session
        self._connected.set()
        self._wake.set()
        log.info("worker connected", extra={"worker": session.number, "queue": session.queue})
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(session.listen(self._wake.set))
                group.create_task(_every(self.lease.total_seconds() / 5, self._beat))
                group.create_task(_every(WATCH_SECONDS, self._watch))
                group.create_task(_every(PRUNE_SECONDS, session.prune))
        except asyncio.CancelledError:
            with suppress(*LOST):
                await session.leave()
            raise
        finally:
            self._session = None
            self._connected.clear()

    async def _beat(self) -> None:
        before = {id(held): held for held in self._in_hand.values()}
        session = self._session
        owned = await session.beat() if session else frozenset()
        for held in list(self._in_hand.values()):
            # one that is just being finished is not owned any more either
            if id(held) in before and held.job.id not in owned and not held.running.done():
                self._suspect(held)

    def _suspect(self, held: Held) -> None:
        """Take it away at the second sight: the first may have been its last moment."""
        if held.job.suspected and not held.job.done:
            self._take_away(held)
        held.job.suspected = True

    def _take_away(self, held: Held) -> None:
        held.taken_away = True
        held.running.cancel()

    async def _watch(self) -> None:
        session = self._session
        for row in await session.take_over() if session else ():
            about = {"job": row["job"], "task": row["task"], "why": row["why"]}
            log.warning("job parked" if row["parked"] else "job taken over", extra=about)

    # ------------------------------------------------------------------------------ taking jobs

    async def _take_jobs(self) -> None:
        while not self.stopping.is_set():
            self._wake.clear()  # before looking: what comes from here on must not be slept through
            nap = LONGEST_NAP
            session = self._session
            if session:
                # an error here breaks the other tasks of the session as well: they report it
                with suppress(*LOST):
                    nap = await self._fill(session)
            with suppress(TimeoutError):
                async with asyncio.timeout(nap):
                    await self._wake.wait()
        session = self._session
        if session:
            with suppress(*LOST):
                await session.stopping()

    async def _fill(self, session: Session) -> float:
        """Take as many jobs as there is room for; return how long to sleep."""
        room = self._settings.concurrency - len(self._in_hand)
        if room <= 0:
            return LONGEST_NAP
        suspects = 0 if any(held.job.suspect for held in self._in_hand.values()) else 1
        found = await session.take(room, suspects)
        for row in found:
            self._begin(row)
        if len(found) == room:
            return LONGEST_NAP
        due = await session.due()
        return LONGEST_NAP if due is None else max(0.0, min(due, LONGEST_NAP))

    def _begin(self, row: Row) -> None:
        job = Job(
            self, id=row["id"], task=row["task"], queue=self._queue.name, payload=row["payload"],
            attempts=row["attempts"], tries=row["tries"], suspect=row["suspect"],
            enqueued_at=row["enqueued"], resources=self._resources,
        )  # fmt: skip
        running = asyncio.create_task(self._perform(job), name=job.key)
        self._in_hand[job.id] = Held(job, running)

    # ----------------------------------------------------------------------------- running them

    async def _perform(self, job: Job) -> None:
        try:
            end = await end_of(job, self._queue.tasks.get(job.task))
            outcome = await self._settle(job, end)
            self.tally.count(job.task, outcome, job.seconds)
        except asyncio.CancelledError:
            self.tally.count(job.task, "given-back", job.seconds)
            raise
        finally:
            del self._in_hand[job.id]
            self._wake.set()

    async def _settle(self, job: Job, end: End) -> str:
        """Write down how it ended; return the word for it."""
        about = {"job": job.id, "task": job.task, "attempt": job.attempt}
        match end:
            case Done():
                return "done"
            case Lost():
                log.warning("job superseded", extra=about)
                return "superseded"
            case Returned():
                await self._until_written(GIVE_BACK, lambda: job.token)
                return "given-back"
            case Failed():
                why = {
                    "cause": end.cause, "reason": end.reason, "trace": end.trace,
                    "counts": end.counts, "seconds": job.seconds,
                }  # fmt: skip
                text = json.dumps(why).replace("\\u0000", "")
                log.warning("job failed", extra={**about, "why": end.reason})
                await self._until_written(FAILED, lambda: (*job.token, end.wait, text))
                return "dead" if end.wait is None else "retried"
            case _:
                assert_never(end)

    async def _until_written(
        self, query: LiteralString, values: Callable[[], tuple[object, ...]]
    ) -> None:
        """Write it, however often the database goes away; the fence lets it count once."""
        while True:
            try:
                async with self.connection() as connection:
                    await value(connection, query, values())
            except (*LOST, DatabaseAway):
                await asyncio.sleep(0.1)
            else:
                return

    # -------------------------------------------------------------------------------- stopping

    async def _drain(self) -> None:
        """Let the jobs in hand end; give back those that take too long."""
        left = {held.running: held.job for held in self._in_hand.values()}
        if not left:
            return
        log.info("worker drains", extra={"jobs": len(left)})
        _, late = await asyncio.wait(left, timeout=self._settings.drain.total_seconds())
        for each in late:
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        for each in late:
            job = left[each]
            with suppress(*LOST, DatabaseAway):
                async with self.connection() as connection:
                    await value(connection, GIVE_BACK, job.token)


async def _every(seconds: float, act: Callable[[], Awaitable[None]]) -> None:
    """Act again and again, each worker in a rhythm of its own."""
    while True:
        await act()
        await asyncio.sleep(seconds * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
