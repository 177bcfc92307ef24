"""Does the jobs of a recording: fetch it, write it down, sum it up, tell people."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, LiteralString
from uuid import UUID

from seaway_jobs import GiveUp, Job, Payload, Queue
from seaway_service.client import RefusedError
from seaway_service.logs import RequestContext, request_context
from seaway_service.ranges import Span
from sqlalchemy import select

from lulab.clients.model import FORMATS, LARGEST
from lulab.stores.meetings import CHANNELS, NOTIFY, TRANSFER, WRITE_UP
from lulab.stores.models import Meeting, Notification, Recording, State, Summary
from lulab.worker import words
from lulab.worker.tools import Tools
from lulab.worker.transfer import EmptyError, keep

ATTEMPTS, PATIENT = 8, 12
"""Tries: over two minutes; and over half an hour where a model may have much to hear first."""
FIRST_WAIT = timedelta(seconds=1)
LONGEST = timedelta(minutes=30)
AGAIN = 500
"""From this status on the fault is theirs, and may pass."""
STORED: LiteralString = """
UPDATE recordings SET state = 'stored', object_key = %s, media_type = %s, size = %s, etag = %s
WHERE id = %s AND state = 'waiting'"""
WRITTEN: LiteralString = """
INSERT INTO transcripts (recording_id, text, model) VALUES (%s, %s, %s)
ON CONFLICT (recording_id) DO NOTHING"""
SUMMED_UP: LiteralString = """
INSERT INTO summaries (recording_id, text, model) VALUES (%s, %s, %s)
ON CONFLICT (recording_id) DO NOTHING"""
DONE: LiteralString = "UPDATE recordings SET state = 'done' WHERE id = %s"
TOLD: LiteralString = """
INSERT INTO notifications (recording_id, channel, recipient, receipt) VALUES (%s, %s, %s, %s)
ON CONFLICT (recording_id, channel) DO NOTHING"""

log = logging.getLogger(__name__)


def register(queue: Queue) -> None:
    """Name the tasks to the queue."""
    known = (
        (TRANSFER, transfer, ATTEMPTS),
        (WRITE_UP, write_up, PATIENT),
        (NOTIFY, notify, ATTEMPTS),
    )
    for name, task, attempts in known:
        queue.task(name, attempts=attempts, first_wait=FIRST_WAIT, timeout=LONGEST)(task)


async def transfer(job: Job, payload: Payload) -> None:
    """Fetch the recording and keep it in the object store."""
    with request_of(payload), refusals():
        tools, found = tools_of(job), await recording_of(job, payload)
        if found is None or found[0].state != State.WAITING:
            return
        recording, meeting = found
        where = await tools.meeting.found(recording.file_id, meeting.host_id)
        key = f"{meeting.number}/{recording.file_id}"
        try:
            async with tools.meeting.content(where) as pieces:
                kept = await keep(tools.stores.objects, key, where.media_type, pieces)
        except EmptyError as error:
            raise GiveUp("the recording is empty") from error
        async with job.effect() as connection:
            stored = (key, where.media_type, kept.size, kept.digest[:32], recording.id)
            await connection.execute(STORED, stored)
            await tools.queue.enqueue(connection, WRITE_UP, payload)
        await tools.stores.reads.wrote()
        log.info("recording stored", extra={"recording": str(recording.id), "bytes": kept.size})


async def write_up(job: Job, payload: Payload) -> None:
    """Write down what is said, and sum it up; then let all be told, exactly once."""
    with request_of(payload), refusals():
        tools, found = tools_of(job), await recording_of(job, payload)
        if found is None or found[0].state == State.DONE:
            return
        recording, _ = found
        settings = tools.settings
        said = await written(tools, recording)
        await job.progress(50, "transcribed")
        transcript, summary = said, words.NOTHING
        if said:
            summary = await tools.model.summed_up(said)
        else:  # whoever looks for it sees why there is nothing
            transcript = words.NOTHING
        async with job.effect() as connection:
            spoken = (recording.id, transcript, settings.SPEECH_MODEL)
            await connection.execute(WRITTEN, spoken)
            await connection.execute(SUMMED_UP, (recording.id, summary, settings.SUMMARY_MODEL))
            await connection.execute(DONE, (recording.id,))
            for channel in CHANNELS:
                await tools.queue.enqueue(connection, NOTIFY, {**payload, "channel": channel})
        await tools.stores.reads.wrote()
        log.info("recording summed up", extra={"recording": str(recording.id)})


async def written(tools: Tools, recording: Recording) -> str:
    """Return what is said in the recording.

    Raises:
        GiveUp: a model cannot hear it.
    """
    if recording.media_type not in FORMATS or recording.size > LARGEST:
        raise GiveUp(f"no model hears {recording.media_type} of {recording.size} bytes")
    span = Span(0, recording.size - 1)
    async with tools.stores.objects.read(recording.object_key, span) as pieces:
        content = b"".join([piece async for piece in pieces])
    return await tools.model.heard(content, recording.media_type)


async def notify(job: Job, payload: Payload) -> None:
    """Tell people by one of the ways; one that is not switched on is left out."""
    with request_of(payload), refusals():
        tools, found = tools_of(job), await recording_of(job, payload)
        channel = str(payload["channel"])
        if found is None or await told_before(tools, found[0].id, channel):
            return
        recording, meeting = found
        summary = await summary_of(tools, recording.id)
        settings = tools.settings
        text = words.letter(meeting.subject, summary, settings.WEB_URL, recording.id)
        receipt, recipient = job.key, ""
        if channel == "mail" and tools.mail is not None:
            recipient = settings.NOTIFY_MAIL
            await tools.mail.send(recipient, words.subject(meeting.subject), text, job.key)
        elif channel == "sms" and tools.sms is not None:
            recipient = settings.NOTIFY_PHONE
            receipt = await tools.sms.send(recipient, words.params(meeting.subject), job.key)
        elif channel == "feishu" and tools.feishu is not None:
            recipient = "group"
            await tools.feishu.send(text)
        else:
            log.warning("a way to tell people is switched off", extra={"channel": channel})
            return
        async with job.effect() as connection:
            await connection.execute(TOLD, (recording.id, channel, recipient, receipt))
        await tools.stores.reads.wrote()
        log.info("people told", extra={"recording": str(recording.id), "channel": channel})


async def told_before(tools: Tools, recording: UUID, channel: str) -> bool:
    """Tell whether this was sent already."""
    asked = select(Notification.id).where(
        Notification.recording_id == recording, Notification.channel == channel
    )
    async with tools.stores.database.transaction() as session:
        return await session.scalar(asked) is not None


async def summary_of(tools: Tools, recording: UUID) -> str:
    """Return the summary; it was written in the transaction that has queued this job."""
    async with tools.stores.database.transaction() as session:
        return (await session.get_one(Summary, recording)).text


async def recording_of(job: Job, payload: Payload) -> tuple[Recording, Meeting] | None:
    """Return what the job is about; None where it is gone."""
    tools = tools_of(job)
    async with tools.stores.database.transaction() as session:
        recording = await session.get(Recording, UUID(str(payload["recording"])))
        if recording is None:
            return None
        return recording, await session.get_one(Meeting, recording.meeting_id)


@contextmanager
def request_of(payload: Payload) -> Iterator[None]:
    """Let what is logged name the request that the job comes of."""
    token = request_context.set(RequestContext(id=str(payload.get("request", ""))))
    try:
        yield
    finally:
        request_context.reset(token)


@contextmanager
def refusals() -> Iterator[None]:
    """Give up what a service will refuse again; all else is tried again."""
    try:
        yield
    except RefusedError as error:
        if error.status < AGAIN and error.code not in PASSING and not error.retry_after:
            raise GiveUp(str(error)) from error
        raise


PASSING = frozenset({"isv.BUSINESS_LIMIT_CONTROL", "11232"})
"""Refusals that pass: too many messages at once."""


def tools_of(job: Job) -> Tools:
    """Return what the worker carries jobs out with."""
    tools: Any = job.resources
    if not isinstance(tools, Tools):  # pragma: no cover
        raise TypeError
    return tools
