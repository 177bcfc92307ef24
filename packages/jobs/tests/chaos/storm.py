"""The storm: what is enqueued, what is hurt, and what must be true afterwards."""

import asyncio
import random
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from seaway_jobs import Queue, State, install, look, replay
from tests.chaos.crew import Crew, crew
from tests.servers import Postgres, Redis

NAME = "ai-jobs"
LEASE_SECONDS = 2
BATCH = 20
MEAN_SECONDS = 0.03
TABLES = """
CREATE TABLE documents (id bigint PRIMARY KEY);
CREATE TABLE effects (document bigint NOT NULL, job bigint NOT NULL, attempt int NOT NULL);
"""
IN_HAND = """
SELECT j.id FROM procrastinate_jobs j JOIN seaway_jobs_workers w ON w.id = j.worker_id
WHERE w.process = %s AND j.status = 'doing'"""
AGAIN = """
SELECT extract(epoch FROM min(at) FILTER (WHERE type = 'deferred_for_retry'))::float,
    extract(epoch FROM min(at) FILTER (WHERE type = 'started'))::float
FROM procrastinate_events WHERE job_id = %s AND at > to_timestamp(%s)"""
COUNTS = """
SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM effects),
    (SELECT count(*) FROM (SELECT FROM effects GROUP BY document HAVING count(*) > 1) t),
    (SELECT count(*) FROM documents d WHERE NOT EXISTS (
        SELECT FROM effects e WHERE e.document = d.id))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much of everything."""

    jobs: int = 2_000
    kills: int = 50
    stops: int = 10
    brokers: int = 2
    workers: int = 4
    concurrency: int = 4
    seed: int = 1


@dataclass(slots=True)
class Seen:
    """What happened."""

    acked: set[int] = field(default_factory=set)
    kills: list[tuple[float, tuple[int, ...]]] = field(default_factory=list)
    """When, and which jobs the worker had in hand."""
    stops: int = 0
    stopped_with_jobs: int = 0
    outages: list[tuple[float, float]] = field(default_factory=list)
    redis_kills: int = 0
    parked: int = 0


@dataclass(slots=True)
class Storm:
    """One run."""

    plan: Plan
    postgres: Postgres
    redis: Redis
    crew: Crew
    chance: random.Random
    seen: Seen = field(default_factory=Seen)

    async def enqueue(self) -> None:
        """Add documents and their jobs together, as fast as half of what is done."""
        queue = Queue(NAME)
        for first in range(0, self.plan.jobs, BATCH):
            numbers = range(first, min(first + BATCH, self.plan.jobs))
            while not self.seen.acked.issuperset(numbers):
                with suppress(psycopg.OperationalError):
                    await self._batch(queue, list(numbers))

    async def _batch(self, queue: Queue, numbers: list[int]) -> None:
        """After a lost answer the same batch is sent again: only what is not there is added."""
        async with self.connected() as connection, connection.transaction():
            cursor = await connection.execute(
                "INSERT INTO documents SELECT unnest(%s::bigint[]) ON CONFLICT DO NOTHING "
                "RETURNING id", (numbers,)
            )  # fmt: skip
            new = [{"document": row[0], "mean": MEAN_SECONDS} for row in await cursor.fetchall()]
            if new:
                await queue.enqueue_many(connection, "draft", new)
        self.seen.acked.update(numbers)

    async def kill_workers(self) -> None:
        """Kill one after each share of the effects, so that kills fall on all of the run."""
        for count in range(self.plan.kills):
            await self.done(self.plan.jobs * count // (self.plan.kills + 1))
            pid = self.chance.choice(self.crew.well())
            at, held = time.time(), ()
            await self.crew.kill(pid)
            with suppress(psycopg.OperationalError):
                async with self.connected() as connection:
                    rows = await (await connection.execute(IN_HAND, (pid,))).fetchall()
                    held = tuple(row[0] for row in rows)
            self.seen.kills.append((at, held))

    async def pause_workers(self, lane: int, lanes: int) -> None:
        """Pause one for longer than the lease, then let it go on where it was."""
        for count in range(lane, self.plan.stops, lanes):
            await self.done(self.plan.jobs * count // (self.plan.stops + 1))
            pid = self.chance.choice(self.crew.well())
            with self.crew.paused(pid):
                with suppress(psycopg.OperationalError):
                    async with self.connected() as connection:
                        rows = await (await connection.execute(IN_HAND, (pid,))).fetchall()
                        self.seen.stopped_with_jobs += bool(rows)
                await asyncio.sleep(LEASE_SECONDS + 1)
            self.seen.stops += 1

    async def kill_brokers(self) -> None:
        """Kill PostgreSQL and Redis in turn, and start them again."""
        for count in range(self.plan.brokers):
            await self.done(self.plan.jobs * (count + 1) // (self.plan.brokers + 1))
            if count % 2:
                await asyncio.to_thread(self.redis.stop)
                await asyncio.sleep(0.5)
                await asyncio.to_thread(self.redis.start)
                self.seen.redis_kills += 1
                continue
            began = time.time()
            await asyncio.to_thread(self.postgres.stop)
            await asyncio.to_thread(self.postgres.start)
            self.seen.outages.append((began, time.time()))

    async def done(self, count: int) -> None:
        """Wait for so many effects."""
        while True:
            with suppress(psycopg.OperationalError):
                async with self.connected() as connection:
                    while (await self._value(connection, "SELECT count(*) FROM effects")) < count:
                        await asyncio.sleep(0.05)
                    return
            await asyncio.sleep(0.1)

    async def settled(self) -> None:
        """Wait until no job is left; what was parked by our own kills is replayed."""
        while True:
            with suppress(psycopg.OperationalError):
                async with self.connected() as connection:
                    dead = await look(connection, state=State.DEAD, limit=100)
                    self.seen.parked += len(await replay(connection, [each.id for each in dead]))
                    open_ = "SELECT count(*) FROM procrastinate_jobs WHERE status <> 'succeeded'"
                    if not await self._value(connection, open_):
                        return
            await asyncio.sleep(0.1)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[psycopg.AsyncConnection[Any]]:
        """Connect, and pause a moment where that fails."""
        try:
            connection = await psycopg.AsyncConnection.connect(
                self.postgres.url, autocommit=True, connect_timeout=2
            )
        except psycopg.OperationalError:
            await asyncio.sleep(0.1)
            raise
        async with connection:
            yield connection

    async def _value(self, connection: psycopg.AsyncConnection[Any], query: str) -> int:
        [row] = await (await connection.execute(query.encode())).fetchall()
        return int(row[0])

    async def outcome(self, seconds: float) -> dict[str, object]:
        """Say what came of it."""
        async with self.connected() as connection:
            [row] = await (await connection.execute(COUNTS)).fetchall()
            documents, effects, twice, never = row
            taken, begun, in_outage = await self._recoveries(connection)
        seen, plan = self.seen, self.plan
        claims = {
            "effects": effects == documents == plan.jobs,
            "once": twice == never == 0,
            "acked": len(seen.acked) == plan.jobs,
            "kills": len(seen.kills) == plan.kills,
            "hit": sum(len(jobs) for _, jobs in seen.kills) > 0,
            "stops": seen.stops == plan.stops and (not plan.stops or seen.stopped_with_jobs > 0),
            "brokers": len(seen.outages) + seen.redis_kills == plan.brokers,
        }
        return {
            "jobs": plan.jobs, "documents": documents, "effects": effects, "twice": twice,
            "never": never, "kills": len(seen.kills), "hit": len(begun) + in_outage,
            "stops": seen.stops, "stopped_with_jobs": seen.stopped_with_jobs,
            "postgres_kills": len(seen.outages), "redis_kills": seen.redis_kills,
            "parked_and_replayed": seen.parked, "in_outage": in_outage,
            "taken": sorted(taken), "begun": sorted(begun), "seconds": round(seconds, 1),
            "seed": plan.seed, "wrong": [name for name, holds in claims.items() if not holds],
        }  # fmt: skip

    async def _recoveries(
        self, connection: psycopg.AsyncConnection[Any]
    ) -> tuple[list[float], list[float], int]:
        """Seconds from a kill to the take-over and to the new beginning, and how many not counted.

        Jobs that were in hand while the database was down as well are counted apart.
        """
        taken: list[float] = []
        begun: list[float] = []
        in_outage = 0
        for at, jobs in self.seen.kills:
            for job in jobs:
                [row] = await (await connection.execute(AGAIN, (job, at))).fetchall()
                if row[1] is None or any(
                    a < row[1] + 1 and at < b + 5 for a, b in self.seen.outages
                ):
                    in_outage += 1
                    continue
                if row[0] is not None:  # else it had ended in the moment of the kill, to be retried
                    taken.append(round(row[0] - at, 3))
                begun.append(round(row[1] - at, 3))
        return taken, begun, in_outage


async def storm(plan: Plan, folder: Path) -> dict[str, object]:
    """Run it all, with real servers in the folder."""
    for name in ("postgres", "redis"):
        (folder / name).mkdir()
        (folder / name).chmod(0o777)
    postgres, redis = Postgres(folder / "postgres"), Redis(folder / "redis")
    await asyncio.to_thread(postgres.make)
    await asyncio.to_thread(postgres.start)
    await asyncio.to_thread(redis.start)
    try:
        with psycopg.connect(postgres.url) as connection:
            install(connection)
            connection.execute(TABLES)
        environment = {
            "DATABASE_URL": postgres.url, "REDIS_URL": redis.url, "AI_QUEUE_NAME": NAME,
            "WORKER_CONCURRENCY": str(plan.concurrency), "STOP_SECONDS": "5",
            "JOBS_LEASE_SECONDS": str(LEASE_SECONDS),
        }  # fmt: skip
        async with crew(environment, plan.workers, folder / "workers.log") as workers:
            chance = random.Random(plan.seed)  # noqa: S311 - repeatable is what counts
            run = Storm(plan, postgres, redis, workers, chance)
            began = time.monotonic()
            async with asyncio.TaskGroup() as group:
                for each in (run.enqueue(), run.kill_workers(), run.kill_brokers(),
                             run.pause_workers(0, 2), run.pause_workers(1, 2)):  # fmt: skip
                    group.create_task(each)
            await run.settled()
            found = await run.outcome(time.monotonic() - began)
        found["left"] = workers.left()
        return found
    finally:
        await asyncio.to_thread(redis.stop)
        await asyncio.to_thread(postgres.stop, signal.SIGINT)
