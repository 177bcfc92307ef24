"""Keeps the AI jobs: what was asked, what came of it, and their places in the queue."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID, uuid4

from seaway_jobs import Queue, State, drop, find_many, replay
from seaway_service.database import Database
from sqlalchemy import Select, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from aixsss.ai.writing import pieces
from aixsss.stores.job import UNDER_WAY, Job, JobState, NewJob
from aixsss.stores.models import Account, JobRecord, PieceRecord

TASK: Final = "write"
LISTED = 200
PREVIEW = 240  # characters


class TooManyJobsError(Exception):
    """The user has as many jobs under way as one may have."""


class NotNowError(Exception):
    """The state of the job does not allow it."""


class Jobs:
    """The tables of jobs; all reading is by owner. Row and queue change in one transaction."""

    def __init__(self, database: Database, queue: Queue, most_pending: int) -> None:
        self._database = database
        self._queue = queue
        self._most_pending = most_pending

    async def add(self, owner_id: UUID, new: NewJob) -> Job:
        """Keep a job and put it into the queue.

        Raises:
            TooManyJobsError: too many of this user's are under way.
        """
        job_id = uuid4()
        async with self._database.transaction() as session:
            # one at a time for each user: two requests at once must not both take the last place
            await session.get(Account, owner_id, with_for_update=True)
            if await self._under_way(session, owner_id) >= self._most_pending:
                raise TooManyJobsError
            queue_job = await self._queue.enqueue(session, TASK, {"job": str(job_id)})
            record = JobRecord(
                id=job_id,
                owner_id=owner_id,
                queue_job=queue_job,
                kind=new.kind,
                prompt=new.prompt,
                pieces=pieces(new.kind, new.scenes),
                provider=new.provider,
            )
            session.add(record)
            await session.flush()
            await session.refresh(record)
            [view] = await find_many(session, [queue_job])
        return Job(record=record, view=view)

    async def of(self, owner_id: UUID) -> tuple[Job, ...]:
        """Return the jobs of a user, the newest first, at most 200."""
        mine = select(JobRecord).where(JobRecord.owner_id == owner_id)
        newest = mine.order_by(JobRecord.created_at.desc(), JobRecord.id).limit(LISTED)
        async with self._database.transaction() as session:
            records = tuple(await session.scalars(newest))
            return await seen(session, records)

    async def one(self, owner_id: UUID, job_id: UUID) -> tuple[Job, tuple[str, ...]] | None:
        """Return the job and the pieces of its result, if it is this user's."""
        async with self._database.transaction() as session:
            record = await session.scalar(this(owner_id, job_id))
            if record is None:
                return None
            [job] = await seen(session, [record])
            texts = select(PieceRecord.text).where(PieceRecord.job_id == job_id)
            return job, tuple(await session.scalars(texts.order_by(PieceRecord.number)))

    async def owner_of(self, queue_job: int) -> tuple[UUID, UUID] | None:
        """Return whose job that is and its id, by its id in the queue."""
        asked = select(JobRecord.owner_id, JobRecord.id).where(JobRecord.queue_job == queue_job)
        async with self._database.transaction() as session:
            row = (await session.execute(asked)).one_or_none()
            return (row[0], row[1]) if row else None

    async def cancel(self, owner_id: UUID, job_id: UUID) -> Job | None:
        """Take the job out of the queue, or ask the worker that has it to stop.

        Raises:
            NotNowError: it is over.
        """
        async with self._database.transaction() as session:
            job = await locked(session, owner_id, job_id)
            if job is None:
                return None
            if job.state not in UNDER_WAY:
                raise NotNowError
            await drop(session, [job.record.queue_job])
            job.record.cancelled_at = await session.scalar(select(func.now()))
            await session.flush()
            [cancelled] = await seen(session, [job.record])
            return cancelled

    async def replay(self, owner_id: UUID, job_id: UUID) -> Job | None:
        """Put a dead job into the queue again; what is written already is not written again.

        Raises:
            NotNowError: it is not dead.
        """
        async with self._database.transaction() as session:
            job = await locked(session, owner_id, job_id)
            if job is None:
                return None
            if job.state is not JobState.DEAD:
                raise NotNowError
            if not await replay(session, [job.record.queue_job]):
                raise NotNowError
            [replayed] = await seen(session, [job.record])
            return replayed

    async def delete(self, owner_id: UUID, job_id: UUID) -> bool:
        """Forget a job that is over, and its result; tells whether there was one.

        Raises:
            NotNowError: it is under way.
        """
        async with self._database.transaction() as session:
            job = await locked(session, owner_id, job_id)
            if job is None:
                return False
            if job.state in UNDER_WAY:
                raise NotNowError
            if job.state is JobState.DEAD:
                await drop(session, [job.record.queue_job])
            await session.execute(delete(JobRecord).where(JobRecord.id == job_id))
            return True

    async def _under_way(self, session: AsyncSession, owner_id: UUID) -> int:
        """Count; dead ones are neither finished nor under way, so the queue is asked."""
        open_ones = select(JobRecord.queue_job).where(
            JobRecord.owner_id == owner_id,
            JobRecord.finished_at.is_(None),
            JobRecord.cancelled_at.is_(None),
        )
        ids = tuple(await session.scalars(open_ones))
        if len(ids) < self._most_pending:
            return len(ids)
        dead = {State.DEAD, State.DROPPED}
        return sum(view.state not in dead for view in await find_many(session, ids))


async def locked(session: AsyncSession, owner_id: UUID, job_id: UUID) -> Job | None:
    """Return the job; nobody else changes its row before the transaction ends."""
    record = await session.scalar(this(owner_id, job_id).with_for_update())
    if record is None:
        return None
    [job] = await seen(session, [record])
    return job


def this(owner_id: UUID, job_id: UUID) -> Select[JobRecord]:
    """Return the query for one job of one user."""
    return select(JobRecord).where(JobRecord.id == job_id, JobRecord.owner_id == owner_id)


async def seen(session: AsyncSession, records: Sequence[JobRecord]) -> tuple[Job, ...]:
    """Add what the queue knows, and how far each is."""
    unfinished = [each.queue_job for each in records if each.finished_at is None]
    views = {view.id: view for view in await find_many(session, unfinished)}
    done = await written(session, [each.id for each in records])
    return tuple(
        Job(
            record=each,
            view=views.get(each.queue_job),
            preview=done.get(each.id, ("", 0))[0],
            done=done.get(each.id, ("", 0))[1],
        )
        for each in records
    )


async def written(session: AsyncSession, ids: Sequence[UUID]) -> Mapping[UUID, tuple[str, int]]:
    """Return the beginning of each result, and how many pieces of it there are."""
    first = func.min(func.left(PieceRecord.text, PREVIEW)).filter(PieceRecord.number == 1)
    asked = (
        select(PieceRecord.job_id, first, func.count())
        .where(PieceRecord.job_id.in_(ids))
        .group_by(PieceRecord.job_id)
    )
    return {row[0]: (row[1] or "", row[2]) for row in await session.execute(asked)}
