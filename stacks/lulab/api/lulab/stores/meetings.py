"""Keeps meetings, their recordings and what came of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from seaway_jobs import Queue
from seaway_service.database import Database
from sqlalchemy import desc, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from lulab.stores.models import Meeting, Notification, Recording, Summary, Transcript
from lulab.stores.reads import Reads, Source

TRANSFER, WRITE_UP, NOTIFY = "transfer", "write-up", "notify"
"""The tasks of a recording, in their order."""
CHANNELS = ("mail", "sms", "feishu")
MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A recording that is there, as the meeting service tells of it."""

    number: str
    code: str
    subject: str
    host: str
    host_id: str
    started_at: datetime
    ended_at: datetime
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A recording and all that came of it."""

    meeting: Meeting
    recording: Recording
    summary: Summary | None
    transcript: Transcript | None
    notifications: Sequence[Notification]


class Meetings:
    """What the API writes and reads; the worker has statements of its own."""

    def __init__(self, database: Database, reads: Reads, queue: Queue) -> None:
        self._database, self._reads, self._queue = database, reads, queue

    async def finished(self, told: Finished, request: str) -> int:
        """Keep what is new and queue its jobs, all at once; return how many recordings are new.

        The same event may come many times, and at once: each recording gets one job.
        """
        new = 0
        async with self._database.transaction() as session:
            values = {
                "number": told.number, "code": told.code, "subject": told.subject,
                "host": told.host, "host_id": told.host_id, "started_at": told.started_at,
                "ended_at": told.ended_at,
            }  # fmt: skip
            kept = insert(Meeting).values(**values)
            kept = kept.on_conflict_do_update(
                index_elements=["number"], set_={"ended_at": kept.excluded.ended_at}
            )
            meeting_id = await session.scalar(kept.returning(Meeting.id))
            for file in told.files:
                added = insert(Recording).values(file_id=file, meeting_id=meeting_id)
                added = added.on_conflict_do_nothing(index_elements=["file_id"])
                recording = await session.scalar(added.returning(Recording.id))
                if recording is not None:
                    new += 1
                    payload = {"recording": str(recording), "request": request}
                    await self._queue.enqueue(session, TRANSFER, payload)
        await self._reads.wrote()
        return new

    async def page(self, words: str = "") -> tuple[Sequence[Whole], Source]:
        """Return the newest, or those that speak of something; and where from it was read."""
        asked = (
            select(Recording, Meeting, Summary)
            .join(Meeting, Meeting.id == Recording.meeting_id)
            .outerjoin(Summary, Summary.recording_id == Recording.id)
            .order_by(desc(Meeting.started_at), Recording.file_id)
            .limit(MOST)
        )
        if words:
            asked = asked.where(
                or_(
                    Meeting.subject.icontains(words, autoescape=True),
                    func.coalesce(Summary.text, "").icontains(words, autoescape=True),
                )
            )
        async with self._reads.session() as (session, source):
            rows = (await session.execute(asked)).all()
        found = [
            Whole(meeting=row[1], recording=row[0], summary=row[2], transcript=None,
                  notifications=())
            for row in rows
        ]  # fmt: skip
        return found, source

    async def one(self, recording_id: UUID) -> tuple[Whole | None, Source]:
        """Return a recording with all that came of it; and where from it was read."""
        told = select(Notification).where(Notification.recording_id == recording_id)
        async with self._reads.session() as (session, source):
            recording = await session.get(Recording, recording_id)
            if recording is None:
                return None, source
            meeting = await session.get_one(Meeting, recording.meeting_id)
            whole = Whole(
                meeting=meeting,
                recording=recording,
                summary=await session.get(Summary, recording_id),
                transcript=await session.get(Transcript, recording_id),
                notifications=(await session.scalars(told.order_by(Notification.channel))).all(),
            )
        return whole, source
