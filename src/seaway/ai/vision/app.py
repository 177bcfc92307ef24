"""App: takes a picture in, has it made safe, looked at and kept, and gives it back."""

import secrets
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from re import compile as pattern

import msgspec

from seaway.ai.vision.bucket import Objects, Unreachable
from seaway.ai.vision.recognition import Recognition, Recognizer
from seaway.ai.vision.settings import Settings
from seaway.ai.vision.worker import Made
from seaway.ai.vision.workers import Busy, Workers
from seaway.serving.front import Front, Request
from seaway.serving.metrics import Counter, Gauge
from seaway.serving.multipart import parts
from seaway.serving.refusal import Refusal
from seaway.serving.service import Service

FORM = 65_536
"""Bytes that a form may have beside its file."""
AGAIN = 2.0
"""Seconds after which a busy service may be asked again."""
BODIES = 8
"""Pictures that are received at the same time."""
_ID = pattern(r"[0-9a-f]{32}")
_JPEG = b"content-type: image/jpeg\r\ncache-control: private, max-age=86400\r\n"
_SAFE = b"x-content-type-options: nosniff\r\n"
_REFUSALS = {
    "unsupported": (415, "This is no picture of a kind that is taken here."),
    "broken": (422, "This picture cannot be read."),
    "too_many_pixels": (422, "This picture has too many pixels."),
    "animated": (422, "Pictures that move are not taken."),
    "takes_too_long": (422, "This picture takes too long to decode."),
}


class Kept(msgspec.Struct):
    """What is known of a picture that was taken."""

    id: str
    width: int
    height: int
    format: str
    """What it came as; it is kept as JPEG."""
    created: str
    expires: str | None
    recognition: Recognition | None


class Vision:
    """The endpoints."""

    def __init__(self, settings: Settings, workers: Workers) -> None:
        self._settings, self._workers = settings, workers
        self._objects = Objects(settings.bucket)
        self._recognizer = Recognizer(settings)
        self._taken = Counter(
            "vision_images_total", "Pictures by what became of them.", ("outcome",)
        )
        waiting = Gauge("vision_images_waiting", "Decoded now, or waiting.",
                        lambda: {(): workers.taken})  # fmt: skip
        replaced = Gauge("vision_workers_replaced", "Decoders that were stuck or died.",
                         lambda: {(): workers.replaced})  # fmt: skip
        self.service = Service(
            (settings.key,),
            {
                "POST /v1/images": self.post, "GET /v1/images/{id}": self.get,
                "GET /v1/images/{id}/result": self.result, "DELETE /v1/images/{id}": self.delete,
            },
            largest=settings.limits.size + FORM, metrics=(self._taken, waiting, replaced),
        )  # fmt: skip
        self.service.bodies = BODIES

    def close(self) -> None:
        """Let go of others."""
        self._recognizer.close()

    async def post(self, request: Request, reply: Front) -> None:
        """Take a picture; what is refused leaves nothing behind."""
        try:
            kept = await self._take(request)
        except Refusal as refusal:
            self._taken.add(refusal.code)
            raise
        self._taken.add("kept")
        where = f"location: /v1/images/{kept.id}\r\n".encode()
        reply.whole(201, msgspec.json.encode(kept), where)

    async def _take(self, request: Request) -> Kept:
        # What was sent is let go of as soon as it is decoded: to be told about it takes longer.
        made = await self._made(_file(request, self._settings.limits.size))
        now = datetime.now(UTC).replace(microsecond=0)
        days = self._settings.bucket.days
        kept = Kept(
            id=secrets.token_hex(16), width=made.width, height=made.height, format=made.came_as,
            created=now.isoformat(),
            expires=(now + timedelta(days=days)).isoformat() if days else None,
            recognition=await self._recognizer.recognized(made.data),
        )  # fmt: skip
        try:
            # The result goes last: a picture whose result is there is there too.
            await self._objects.put(f"{kept.id}.jpg", made.data, "image/jpeg")
            told = msgspec.json.encode(kept)
            await self._objects.put(f"{kept.id}.json", told, "application/json")
        except Unreachable as error:
            with suppress(Unreachable):
                await self._objects.delete(f"{kept.id}.jpg")
            raise _unreachable() from error
        return kept

    async def _made(self, data: bytes) -> Made:
        try:
            made = await self._workers.decode(data)
        except Busy as error:
            raise Refusal(503, "busy", "All workers are busy; come again.", after=AGAIN) from error
        if made.refused:
            status, words = _REFUSALS[made.refused]
            raise Refusal(status, made.refused, words)
        return made

    async def get(self, request: Request, reply: Front) -> None:
        """The picture itself."""
        reply.whole(200, await self._object(request, "jpg"), _JPEG + _SAFE)

    async def result(self, request: Request, reply: Front) -> None:
        """What is known of it."""
        reply.whole(200, await self._object(request, "json"))

    async def _object(self, request: Request, kind: str) -> bytes:
        try:
            found = await self._objects.get(f"{_named(request)}.{kind}")
        except Unreachable as error:
            raise _unreachable() from error
        if found is None:
            raise _no_such()
        return found.data

    async def delete(self, request: Request, reply: Front) -> None:
        """See that it is not kept."""
        name = _named(request)
        try:
            for kind in ("json", "jpg"):
                await self._objects.delete(f"{name}.{kind}")
        except Unreachable as error:
            raise _unreachable() from error
        reply.whole(200, msgspec.json.encode({"deleted": name}))


def _file(request: Request, largest: int) -> bytes:
    form = parts(request.header("content-type"), request.body)
    if "file" not in form:
        raise Refusal(400, "no_file", "The form has no field called `file`.")
    data, request.body = form["file"].data, b""
    if len(data) > largest:
        raise Refusal(413, "too_large", f"A picture may have {largest} bytes.")
    return data


def _named(request: Request) -> str:
    name = request.named["id"]
    if not _ID.fullmatch(name):
        raise _no_such()
    return name


def _no_such() -> Refusal:
    return Refusal(404, "not_found", "There is no such picture, or it has expired.")


def _unreachable() -> Refusal:
    return Refusal(503, "store_unreachable", "The store of pictures gives no answer.", after=AGAIN)


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Service]:
    """The service with its workers."""
    async with Workers(settings).opened() as workers:
        vision = Vision(settings, workers)
        try:
            yield vision.service
        finally:
            vision.close()
