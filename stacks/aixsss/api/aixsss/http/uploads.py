"""Takes files in parts, so that a lost connection costs one part and several can run at once."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import Field
from seaway_service.bodies import Answer, Body, Moment, sent, takes, takes_any
from seaway_service.errors import NotThereError, UnavailableError
from seaway_service.problems import Problem, conflict, invalid, not_found
from seaway_service.routes import router_of

from aixsss.http.identity import Caller
from aixsss.media import HEAD_BYTES, known_type, safe_name, sniffed_type
from aixsss.parts import Known, Parts
from aixsss.stores.files import NewFile, OverQuotaError
from aixsss.stores.models import FileRecord, FileState, PartRecord

PART_SIZE = 5 * 1024 * 1024  # the least S3 allows for all parts but the last
PART_SECONDS = 300
LARGEST_FILE = 1024 * 1024 * 1024
BYTES = takes_any("application/octet-stream", {"type": "string", "format": "binary"})

router = router_of("files")


class Announced(Body):
    """What is said about a file before its bytes."""

    name: Annotated[str, Field(min_length=1, max_length=1000)]
    type: Annotated[str, Field(max_length=100)]
    size: Annotated[int, Field(ge=1, le=LARGEST_FILE, strict=True)]


class ShownFile(Answer):
    """What a user sees of a file; units of sizes: bytes."""

    id: UUID
    name: str
    type: str
    size: int
    state: FileState
    part_size: int
    part_count: int
    created_at: Moment
    completed_at: Moment | None


class OneFile(Answer):
    """A file, whatever its state."""

    file: ShownFile


class FileAndParts(OneFile):
    """A file and the numbers of the parts that are there."""

    received: tuple[int, ...]


class AllFiles(Answer):
    """The files of a user, the newest first."""

    files: tuple[ShownFile, ...]


class TakenPart(Answer):
    """A part that is in the store."""

    number: int
    sha256: str


class OnePart(Answer):
    """What came of sending a part."""

    part: TakenPart


async def own_file(known: Known, identity: Caller, file_id: UUID) -> FileRecord:
    """Return the file in the path, if it is the caller's."""
    record = await known.files.one(identity.user_id, file_id)
    if record is None:
        raise not_found("file")
    return record


OwnFile = Annotated[FileRecord, Depends(own_file)]


@router.get("/files")
async def list_files(known: Known, identity: Caller) -> AllFiles:
    """List the caller's files, the newest first."""
    files = await known.files.of(identity.user_id)
    return AllFiles(files=tuple(shown(file) for file in files))


@router.post("/files", status_code=201, openapi_extra=takes(Announced))
async def start(
    known: Known, identity: Caller, announced: Annotated[Announced, Depends(sent(Announced))]
) -> OneFile:
    """Begin an upload and say how large its parts must be."""
    media_type = known_type(announced.type)
    if media_type is None:
        raise unsupported()
    await clear_abandoned(known, identity.user_id)
    new = NewFile(
        name=safe_name(announced.name),
        media_type=media_type,
        size=announced.size,
        part_size=PART_SIZE,
    )
    try:
        record = await known.files.add(identity.user_id, new)
    except OverQuotaError as error:
        raise Problem(413, "over_quota", "there is no room left for this file") from error
    try:
        upload_id = await known.objects.begin(record.object_key, media_type)
    except UnavailableError:
        await known.files.delete(record)
        raise
    await known.files.begun(record, upload_id)
    return OneFile(file=shown(record))


async def clear_abandoned(known: Parts, user_id: UUID) -> None:
    """Delete the user's uploads that were left lying: they count against the quota."""
    for record in await known.files.abandoned(user_id):
        await remove(known, record)


@router.put("/files/{file_id:uuid}/parts/{number:int}", openapi_extra=BYTES)
async def put_part(request: Request, known: Known, record: OwnFile, number: int) -> OnePart:
    """Take one part; sent again, it replaces what was sent before."""
    if record.state is FileState.READY:
        raise conflict("already_complete", "the file is complete")
    if not 1 <= number <= record.part_count:
        raise invalid(f"part: must be 1 to {record.part_count}")
    if request.headers.get("content-length") != str(record.part_length(number)):
        raise invalid(f"this part must have {record.part_length(number)} bytes")
    try:
        async with asyncio.timeout(PART_SECONDS):
            part = await stored(request, known, record, number)
    except TimeoutError as error:
        raise Problem(408, "too_slow", "the part took too long") from error
    await known.files.put_part(part)
    return OnePart(part=TakenPart(number=number, sha256=part.digest.hex()))


async def stored(request: Request, known: Parts, record: FileRecord, number: int) -> PartRecord:
    """Pass the body on to the object store as it comes in."""
    stream = HashedStream(await first_bytes(request, record, number))
    mark = await known.objects.put_part(
        record.object_key,
        record.upload_id,
        number,
        stream.chunks(),
        record.part_length(number),
    )
    return PartRecord(
        file_id=record.id, number=number, store_etag=mark.etag, digest=stream.hash.digest()
    )


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a body that was read to look at it, and the rest."""

    looked_at: bytes
    rest: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class HashedStream:
    """Passes a body on without keeping it, and knows its SHA-256 afterwards."""

    head: Head
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    async def chunks(self) -> AsyncIterator[bytes]:
        """Pass the body on."""
        self.hash.update(self.head.looked_at)
        yield self.head.looked_at
        async for chunk in self.head.rest:
            self.hash.update(chunk)
            yield chunk


async def first_bytes(request: Request, record: FileRecord, number: int) -> Head:
    """Read the first bytes of a part.

    Raises:
        Problem: it is the first part, and its bytes are not of the announced type.
    """
    stream = request.stream()
    looked_at = b""
    while len(looked_at) < min(HEAD_BYTES, record.part_length(number)):
        looked_at += await anext(stream)
    if number == 1 and sniffed_type(looked_at) != record.media_type:
        raise unsupported(f"the bytes are not {record.media_type}")
    return Head(looked_at, stream)


@router.post("/files/{file_id:uuid}/complete")
async def complete(known: Known, record: OwnFile) -> OneFile:
    """Make the file of its parts; asked again, gives the same answer."""
    if record.state is FileState.READY:
        return OneFile(file=shown(record))
    received = await known.files.parts(record)
    if missing := record.part_count - len(received):
        raise conflict("parts_missing", f"{missing} of {record.part_count} parts are missing")
    await finish(known, record, received)
    completed = await known.files.complete(record, received)
    file = shown(completed)
    event = file.model_dump(mode="json", by_alias=True)
    await known.events.publish(completed.owner_id, "file.ready", event)
    return OneFile(file=file)


async def finish(known: Parts, record: FileRecord, received: tuple[PartRecord, ...]) -> None:
    """Make one object of the parts and look whether it is whole."""
    # not there: an earlier request got this far and died before it noted it; the object is whole
    with suppress(NotThereError):
        await known.objects.finish(
            record.object_key, record.upload_id, [part.mark for part in received]
        )
    if await known.objects.size(record.object_key) != record.size:
        raise conflict("incomplete", "the parts do not make the announced size")


@router.delete("/files/{file_id:uuid}", status_code=204)
async def delete(known: Known, record: OwnFile) -> Response:
    """Delete the file, or give its upload up."""
    await remove(known, record)
    await known.events.publish(record.owner_id, "file.deleted", {"id": str(record.id)})
    return Response(status_code=204)


async def remove(known: Parts, record: FileRecord) -> None:
    """Delete the bytes, then the record: what fails between can be done again."""
    if record.state is FileState.UPLOADING and record.upload_id:
        await known.objects.abort(record.object_key, record.upload_id)
    await known.objects.delete(record.object_key)
    await known.files.delete(record)


@router.get("/files/{file_id:uuid}")
async def one(known: Known, record: OwnFile) -> FileAndParts:
    """Show one file; of an upload under way also which parts are there, to go on with it."""
    received = await known.files.parts(record)
    return FileAndParts(file=shown(record), received=tuple(part.number for part in received))


def unsupported(message: str = "this kind of file is not taken") -> Problem:
    """Refuse a kind of media that is not taken, or a lie about it."""
    return Problem(415, "unsupported_media", message)


def shown(record: FileRecord) -> ShownFile:
    """Return what a user sees of a file."""
    return ShownFile(
        id=record.id,
        name=record.name,
        type=record.media_type,
        size=record.size,
        state=record.state,
        part_size=record.part_size,
        part_count=record.part_count,
        created_at=record.created_at,
        completed_at=record.completed_at,
    )
