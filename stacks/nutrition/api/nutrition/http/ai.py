"""Leads to the AI services, after it is known who asks: vectors, pictures, answers.

Why not the ingress: docs/decisions/0067-ai-routes-lead-through-the-api.md.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import Field
from seaway_service.bodies import Answer, Body, Moment, sent, takes, takes_any
from seaway_service.errors import NotThereError
from seaway_service.problems import Problem, not_found
from seaway_service.routes import router_of

from nutrition.http.dishes import AllAlike, near
from nutrition.http.identity import Caller
from nutrition.metrics import ANSWERS
from nutrition.parts import Known, Parts
from nutrition.stores.events import of_user
from nutrition.stores.models import Photo

PHOTO_LIMIT = 10_000_000
AROUND = 64 * 1024
"""Bytes: what a form adds to its file."""
FORM = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}
EVENTS = "text/event-stream"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}

ai = router_of("ai", prefix="/ai")
router = router_of("photos")


# ------------------------------------------------------------------------------- vectors


class Sought(Body):
    """What somebody would like to eat, in words."""

    text: Annotated[str, Field(min_length=1, max_length=500)]
    threshold: Annotated[float | None, Field(ge=0, le=1)] = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10


@ai.post("/vector/search", openapi_extra=takes(Sought))
async def search(
    known: Known, _identity: Caller, sought: Annotated[Sought, Depends(sent(Sought))]
) -> AllAlike:
    """List the dishes most like the words."""
    least = known.settings.SIMILARITY_THRESHOLD if sought.threshold is None else sought.threshold
    return await near(known, sought.text, least, sought.limit)


# ------------------------------------------------------------------------------- pictures


class ShownPhoto(Answer):
    """A photo, what is on it, and when it will be deleted."""

    id: str
    width: int
    height: int
    format: str
    recognition: Mapping[str, Any]
    created_at: Moment
    delete_after: Moment


class OnePhoto(Answer):
    """A photo."""

    photo: ShownPhoto


class AllPhotos(Answer):
    """The caller's photos, the newest first."""

    photos: Sequence[ShownPhoto]


@ai.post("/image/photos", status_code=201, openapi_extra=takes_any("multipart/form-data", FORM))
async def take_photo(known: Known, identity: Caller, request: Request) -> OnePhoto:
    """Keep a photo of food for 30 days, and say what is on it: the form's field `file`."""
    media_type = request.headers.get("content-type", "")
    if not media_type.lower().startswith("multipart/form-data"):
        raise Problem(415, "not_a_form", "send multipart/form-data with the field file")
    body = await small_enough(request)
    taken = await known.vision.take(body, media_type)
    photo = await known.photos.add(identity.user_id, taken, datetime.now(UTC))
    told = {"id": photo.id, "recognition": photo.recognition}
    await known.events.publish([of_user(identity.user_id)], "photo.recognised", told)
    return OnePhoto(photo=shown(photo))


@router.get("/photos")
async def photos(known: Known, identity: Caller) -> AllPhotos:
    """List the caller's photos."""
    return AllPhotos(photos=[shown(each) for each in await known.photos.of(identity.user_id)])


@router.get("/photos/{photo}")
async def one_photo(known: Known, identity: Caller, photo: str) -> OnePhoto:
    """Show what is known of a photo."""
    found = await known.photos.one(identity.user_id, photo)
    if found is None:
        raise not_found("photo")
    return OnePhoto(photo=shown(found))


@router.get("/photos/{photo}/content", response_class=Response)
async def photo_content(known: Known, identity: Caller, photo: str) -> Response:
    """Give the picture itself."""
    if await known.photos.one(identity.user_id, photo) is None:
        raise not_found("photo")
    reply = await known.vision.picture(photo)
    media_type = reply.headers.get("content-type", "application/octet-stream")
    return Response(reply.body, media_type=media_type)


@router.delete("/photos/{photo}", status_code=204)
async def delete_photo(known: Known, identity: Caller, photo: str) -> Response:
    """Delete a photo now."""
    if await known.photos.one(identity.user_id, photo) is None:
        raise not_found("photo")
    await known.vision.forget(photo)
    await known.photos.forget(photo)
    return Response(status_code=204)


async def small_enough(request: Request) -> bytes:
    """Read a form with a photo.

    One that is too large is read to its end and not kept: who is still sending does not hear.
    """
    content, length = bytearray(), 0
    async for chunk in request.stream():
        length += len(chunk)
        if length <= PHOTO_LIMIT + AROUND:
            content += chunk
        else:
            content.clear()
    if length > PHOTO_LIMIT + AROUND:
        raise Problem(413, "too_large", f"a photo may have {PHOTO_LIMIT} bytes")
    return bytes(content)


def shown(photo: Photo) -> ShownPhoto:
    """Return what is shown of a photo."""
    return ShownPhoto(**{name: getattr(photo, name) for name in ShownPhoto.model_fields})


# -------------------------------------------------------------------------------- answers


class Question(Body):
    """What somebody would like to know of the dishes."""

    question: Annotated[str, Field(min_length=1, max_length=1000)]
    stream: bool = False


class Source(Answer):
    """Where an answer comes from; the answer calls it `[n]`."""

    n: int
    document: str
    title: str
    passage: str
    score: float


class Answered(Answer):
    """An answer with its sources; `found` is false where nothing supports one."""

    answer: str
    found: bool
    sources: Sequence[Source]
    cited: Sequence[int] = ()
    cached: bool


@ai.post(
    "/chat/questions", response_model=Answered, openapi_extra=takes(Question),
    responses={200: {"content": {EVENTS: {}}}},
)  # fmt: skip
async def ask(
    known: Known, _identity: Caller, asked: Annotated[Question, Depends(sent(Question))]
) -> Answered | StreamingResponse:
    """Answer from what is written about the dishes, whole or as events while it is written."""
    question = " ".join(asked.question.split())
    if asked.stream:
        return await streamed(known, question)
    said = await known.chat.answer(question)
    ANSWERS.labels(cached=str(bool(said.get("cached"))).lower()).inc()
    return Answered.model_validate(said)


async def streamed(known: Known, question: str) -> StreamingResponse:
    """Pass the events on as they come: `sources`, `token`, `done`."""
    events = told(known, question)
    first = await anext(events)  # a refusal comes before it, and is still a status of its own

    async def passed() -> AsyncIterator[bytes]:
        yield first
        async for piece in events:
            yield piece

    return StreamingResponse(passed(), media_type=EVENTS, headers=HEADERS)


async def told(known: Parts, question: str) -> AsyncIterator[bytes]:
    """Yield the answer as the service sends it."""
    async with known.chat.told(question) as pieces:
        async for piece in pieces:
            yield piece


# ------------------------------------------------------------------------- static files

static = router_of("static", prefix="/static")


@static.get("/dishes/{name}", response_class=Response)
async def dish_picture(known: Known, name: str) -> Response:
    """Give the picture of a dish; its name changes with its content, so it may be kept a year."""
    try:
        reply = await known.objects.get(f"dishes/{name}")
    except NotThereError:
        raise not_found("picture") from None
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    media_type = "image/png" if name.endswith(".png") else "image/jpeg"
    return Response(reply.body, media_type=media_type, headers=headers)
