"""Carries out one job: piece after piece, each kept at once, none written twice."""

import asyncio
import logging
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
from seaway_jobs import GiveUp, Job, Payload, Queue, TryAgain
from seaway_service.errors import UnavailableError
from sqlalchemy import select

from aixsss.ai.chat import Model, Question
from aixsss.ai.failures import RefusedError, UnansweredError
from aixsss.ai.writing import MOST_TOKENS, Kind, messages, percent
from aixsss.stores.jobs import TASK
from aixsss.stores.models import JobRecord, PieceRecord
from aixsss.worker.tools import Tools

log = logging.getLogger(__name__)

ATTEMPTS = 3
FIRST_WAIT = timedelta(seconds=2)
LONGEST_TRY = timedelta(minutes=10)
LONGEST_WAIT_ASKED = 3600.0
SHOW_SECONDS = 0.25
"""Pages see what is written so far this often."""
NOTE_SECONDS = 1.0
"""The database learns how far it is, and whether it is still wanted, this often."""
KEEP = "INSERT INTO job_pieces (job_id, number, text, worker) VALUES (%s, %s, %s, %s)"
FINISH = "UPDATE jobs SET finished_at = now(), worker = %s WHERE id = %s"


class NotWantedError(Exception):
    """The owner has cancelled or deleted the job."""


@dataclass(slots=True)
class Page:
    """A piece while it is being written."""

    number: int
    text: str = ""
    shown: float = 0.0
    noted: float = 0.0


def register(queue: Queue) -> None:
    """Tell the queue how its jobs are carried out (R68: 3 attempts, waits from 2 s)."""

    @queue.task(TASK, attempts=ATTEMPTS, first_wait=FIRST_WAIT, timeout=LONGEST_TRY)
    async def write(job: Job, payload: Payload) -> None:
        tools: Tools = job.resources
        try:
            await Writer(tools, job, UUID(payload["job"])).write()
        except NotWantedError:
            log.info("job not wanted any more", extra={"job": payload["job"]})
        except RefusedError as error:
            raise GiveUp(str(error)) from error
        except UnansweredError as error:
            if error.after is None:
                raise
            wait = timedelta(seconds=min(error.after, LONGEST_WAIT_ASKED))
            raise TryAgain(after=wait, reason=str(error), counts=True) from error


class Writer:
    """One try of one job."""

    def __init__(self, tools: Tools, job: Job, job_id: UUID) -> None:
        self._tools, self._job, self._id = tools, job, job_id

    async def write(self) -> None:
        """Write what is not written yet.

        Raises:
            AskedInVainError: the model did not answer, or will not.
            NotWantedError: the owner does not want it any more.
        """
        record, done = await self._present()
        model = await self._tools.model(record)
        while len(done) < record.pieces:
            text = await self._piece(record, model, done)
            await self._keep(record, len(done) + 1, text)
            done.append(text)

    async def _present(self) -> tuple[JobRecord, list[str]]:
        """Return the job and what a try before this one has written."""
        texts = select(PieceRecord.text).where(PieceRecord.job_id == self._id)
        async with self._tools.database.transaction() as session:
            record = await session.get(JobRecord, self._id)
            if record is None or record.cancelled_at is not None:
                raise NotWantedError
            return record, list(await session.scalars(texts.order_by(PieceRecord.number)))

    async def _piece(self, record: JobRecord, model: Model, done: list[str]) -> str:
        kind, page = Kind(record.kind), Page(number=len(done) + 1)
        question = Question(
            messages=messages(kind, record.prompt, record.pieces, done),
            most_tokens=MOST_TOKENS[kind],
            key=f"{self._job.key}-{page.number}",
        )
        await self._note(record, page)
        async with aclosing(self._tools.chat.answer(model, question)) as answer:
            async for more in answer:
                page.text += more
                await self._tell(record, page)
        return page.text

    async def _tell(self, record: JobRecord, page: Page) -> None:
        """Show it to the owner, and now and then note how far it is."""
        now = asyncio.get_running_loop().time()
        if now - page.shown >= SHOW_SECONDS:
            page.shown = now
            await self._show(record, page)
        if now - page.noted >= NOTE_SECONDS:
            await self._note(record, page)
            await self._wanted()

    async def _show(self, record: JobRecord, page: Page) -> None:
        draft = {"id": str(record.id), "number": page.number, "text": page.text}
        try:
            await self._tools.events.publish(record.owner_id, "job.draft", draft)
        except UnavailableError:
            log.warning("a draft was not shown", extra={"job": str(record.id)})

    async def _note(self, record: JobRecord, page: Page) -> None:
        page.noted = asyncio.get_running_loop().time()
        how_far = percent(Kind(record.kind), record.pieces, page.number - 1, len(page.text))
        await self._job.progress(how_far, f"{page.number}/{record.pieces}")

    async def _wanted(self) -> None:
        asked = select(JobRecord.cancelled_at).where(JobRecord.id == self._id)
        async with self._tools.database.transaction() as session:
            row = (await session.execute(asked)).one_or_none()
        if row is None or row[0] is not None:
            raise NotWantedError

    async def _keep(self, record: JobRecord, number: int, text: str) -> None:
        """Keep the piece; with the last one the job is done, both at once or neither."""
        worker = self._tools.settings.INSTANCE
        last = number == record.pieces
        try:
            async with self._job.effect() if last else self._job.step() as connection:
                await connection.execute(KEEP, (record.id, number, text, worker))
                if last:
                    await connection.execute(FINISH, (worker, record.id))
        except psycopg.errors.ForeignKeyViolation as error:
            raise NotWantedError from error
