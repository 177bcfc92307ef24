"""Shows meetings with what came of them, and plays their recordings."""

from collections.abc import Sequence
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from fastapi.responses import StreamingResponse
from seaway_service.bodies import Answer, Moment
from seaway_service.content import Medium, sent
from seaway_service.problems import not_found
from seaway_service.routes import router_of

from lulab.http.identity import Caller, Listener
from lulab.parts import Known
from lulab.stores.meetings import Whole
from lulab.stores.models import Recording, State
from lulab.stores.reads import Source

router = router_of("meetings")
BYTES = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}


class Told(Answer):
    """One message to people about a recording."""

    channel: str
    recipient: str
    sent_at: Moment


class Entry(Answer):
    """A recording of a meeting, as lists show it."""

    id: UUID
    subject: str
    code: str
    host: str
    started_at: Moment
    ended_at: Moment
    state: Literal["waiting", "stored", "done"]
    media_type: str
    size: int
    summary: str


class Page(Answer):
    """The newest recordings, and where they were read."""

    meetings: Sequence[Entry]
    read_from: Literal["primary", "replica"]
    replica_lag: float


class Detail(Answer):
    """A recording and all that came of it."""

    meeting: Entry
    transcript: str
    notifications: Sequence[Told]


@router.get("/meetings")
async def meetings(
    known: Known,
    _identity: Caller,
    response: Response,
    q: Annotated[str, Query(max_length=200)] = "",
) -> Page:
    """List the newest recordings, or those that speak of something; read from the replica."""
    found, source = await known.meetings.page(q.strip())
    say_source(response, source)
    return Page(
        meetings=[entry(each) for each in found],
        read_from=source.name,
        replica_lag=round(source.lag, 3),
    )


@router.get("/recordings/{recording_id:uuid}")
async def recording(
    known: Known, _identity: Caller, response: Response, recording_id: UUID
) -> Detail:
    """Show one recording with its transcript, and who was told."""
    whole, source = await known.meetings.one(recording_id)
    say_source(response, source)
    if whole is None:
        raise not_found("recording")
    return Detail(
        meeting=entry(whole),
        transcript=whole.transcript.text if whole.transcript else "",
        notifications=[
            Told(channel=each.channel, recipient=each.recipient, sent_at=each.sent_at)
            for each in whole.notifications
        ],
    )


@router.get(
    "/recordings/{recording_id:uuid}/content",
    response_class=StreamingResponse,
    responses={200: BYTES, 206: BYTES, 304: {}},
)
async def content(
    request: Request, known: Known, identity: Listener, recording_id: UUID
) -> Response:
    """Send the recording, or the part of it that is asked for."""
    whole, _ = await known.meetings.one(recording_id)
    if whole is None or whole.recording.state == State.WAITING:
        raise not_found("recording")
    answer = await sent(request, known.stores.objects, medium(whole))
    if "range" not in request.headers:  # whoever plays it asks for parts: once is enough
        await known.audit.note("recording.read", identity.user_id, recording=str(recording_id))
    return answer


def medium(whole: Whole) -> Medium:
    """Return what is kept, under a name that people know it by."""
    found = whole.recording
    extension = found.media_type.rpartition("/")[2]
    return Medium(
        key=found.object_key,
        name=f"{whole.meeting.subject}.{extension}",
        media_type=found.media_type,
        size=found.size,
        etag=f'"{found.etag}"',
    )


def entry(whole: Whole) -> Entry:
    """Return what lists show."""
    meeting, found = whole.meeting, whole.recording
    return Entry(
        id=found.id,
        subject=meeting.subject,
        code=meeting.code,
        host=meeting.host,
        started_at=meeting.started_at,
        ended_at=meeting.ended_at,
        state=state(found),
        media_type=found.media_type,
        size=found.size,
        summary=whole.summary.text if whole.summary else "",
    )


def state(found: Recording) -> Literal["waiting", "stored", "done"]:
    """Return how far it is, in the words of the answer."""
    match found.state:
        case State.DONE:
            return "done"
        case State.STORED:
            return "stored"
        case _:
            return "waiting"


def say_source(response: Response, source: Source) -> None:
    """Say where an answer was read, for whoever looks after it."""
    response.headers["X-Read-From"] = source.name
    response.headers["X-Replica-Lag"] = f"{source.lag:.3f}"
