"""Brings a recording from the meeting service into the object store, without keeping it whole."""

import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from seaway_service.multipart import PartMark, UploadId
from seaway_service.objects import Objects

PART_BYTES = 8 * 1024 * 1024
"""S3 wants at least five MiB of all parts but the last, and takes 10,000 of them."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is in the store now; the digest is of the content, in hexadecimal."""

    size: int
    digest: str


class EmptyError(Exception):
    """There is nothing in the recording."""


async def keep(objects: Objects, key: str, media_type: str, pieces: AsyncIterator[bytes]) -> Kept:
    """Store what comes; a transfer that breaks off leaves nothing behind.

    Raises:
        EmptyError: nothing came.
        UnavailableError: one of both sides does not answer.
    """
    upload = await objects.begin(key, media_type)
    digest, size, marks = hashlib.sha256(), 0, list[PartMark]()
    try:
        async for part in in_parts(pieces):
            digest.update(part)
            size += len(part)
            number = len(marks) + 1
            marks.append(await objects.put_part(key, upload, number, once(part), len(part)))
        await finished(objects, key, upload, marks)
    except BaseException:
        await objects.abort(key, upload)
        raise
    return Kept(size, digest.hexdigest())


async def finished(objects: Objects, key: str, upload: UploadId, marks: Sequence[PartMark]) -> None:
    """Make one object of the parts.

    Raises:
        EmptyError: there are none.
    """
    if not marks:
        raise EmptyError
    await objects.finish(key, upload, marks)


async def in_parts(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Gather small pieces into parts."""
    buffer = bytearray()
    async for piece in pieces:
        buffer += piece
        while len(buffer) >= PART_BYTES:
            yield bytes(buffer[:PART_BYTES])
            del buffer[:PART_BYTES]
    if buffer:
        yield bytes(buffer)


async def once(part: bytes) -> AsyncIterator[bytes]:
    """Give it as a stream of one piece."""
    yield part
