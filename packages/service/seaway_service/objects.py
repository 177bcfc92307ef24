"""Keeps files in one bucket of an S3 object store."""

import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import httpcore2

from seaway_service.breaker import Breaker
from seaway_service.errors import NotThereError, UnavailableError
from seaway_service.multipart import PartMark, UploadId
from seaway_service.ranges import Span
from seaway_service.signing import (
    UNSIGNED,
    Credentials,
    Unsigned,
    encoded_path,
    encoded_query,
    signed_headers,
)

PART = "the object store"
NOT_FOUND = 404
TIMEOUTS = {"connect": 2.0, "read": 30.0, "write": 30.0, "pool": 5.0}
NO_ANSWER = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request to the store; a body that is streamed must come with its length."""

    method: str
    key: str = ""
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    content: bytes | AsyncIterator[bytes] = b""
    length: int | None = None
    read_timeout: float = TIMEOUTS["read"]


class Objects:
    """A bucket; every wait has a limit, and every failure is one of `stores.errors`."""

    def __init__(self, endpoint: str, bucket: str, credentials: Credentials) -> None:
        self._origin = endpoint.rstrip("/")
        self._host = urlsplit(endpoint).netloc
        self._bucket = bucket
        self._credentials = credentials
        self._breaker = Breaker(PART)
        # HTTP/1.1 on purpose: one stalled reader must not hold up the others
        self._pool = httpcore2.AsyncConnectionPool(
            max_connections=100, max_keepalive_connections=20, keepalive_expiry=20
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def check(self) -> None:
        """Return if the bucket is there and may be used; asks even while the breaker is open."""
        async with self._asked(Call(method="HEAD", read_timeout=1.0)):
            return

    async def begin(self, key: str, media_type: str) -> UploadId:
        """Begin an upload in parts."""
        call = Call(
            method="POST", key=key, query={"uploads": ""}, headers={"content-type": media_type}
        )
        return UploadId(text_of(await self._answer(call), "UploadId"))

    async def put_part(
        self, key: str, upload: UploadId, number: int, content: AsyncIterator[bytes], length: int
    ) -> PartMark:
        """Stream one part into an upload; the same number again replaces the part."""
        query = {"partNumber": str(number), "uploadId": upload}
        call = Call(method="PUT", key=key, query=query, content=content, length=length)
        async with self._breaker.guard(), self._asked(call) as response:
            await response.aread()
            return PartMark(number=number, etag=header(response, b"etag"))

    async def finish(self, key: str, upload: UploadId, parts: Sequence[PartMark]) -> None:
        """Make one object of the parts, in the order of their numbers."""
        call = Call(method="POST", key=key, query={"uploadId": upload}, content=completion(parts))
        answer = await self._answer(call)
        # S3 answers 200 before it is done, so that an error comes in the body
        if b"<Error>" in answer:
            raise UnavailableError(PART)

    async def abort(self, key: str, upload: UploadId) -> None:
        """Forget an upload and its parts; one that is gone is fine."""
        await self._gone(Call(method="DELETE", key=key, query={"uploadId": upload}))

    async def delete(self, key: str) -> None:
        """Delete the object; one that is gone is fine."""
        await self._gone(Call(method="DELETE", key=key))

    async def size(self, key: str) -> int:
        """Return how many bytes the object has.

        Raises:
            NotThereError: there is no such object.
        """
        async with self._breaker.guard(), self._asked(Call(method="HEAD", key=key)) as response:
            return int(header(response, b"content-length"))

    @asynccontextmanager
    async def read(self, key: str, span: Span) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open the part of the object for reading; nothing is read ahead of the reader."""
        call = Call(method="GET", key=key, headers={"range": f"bytes={span.first}-{span.last}"})
        async with self._breaker.guard(), self._asked(call) as response:
            if int(header(response, b"content-length")) != span.length:
                raise UnavailableError(PART)
            yield response.aiter_stream()

    async def _answer(self, call: Call) -> bytes:
        async with self._breaker.guard(), self._asked(call) as response:
            return await response.aread()

    async def _gone(self, call: Call) -> None:
        try:
            await self._answer(call)
        except NotThereError:
            return

    @asynccontextmanager
    async def _asked(self, call: Call) -> AsyncIterator[httpcore2.Response]:
        path = f"/{self._bucket}/{call.key}".rstrip("/")
        query = encoded_query(call.query)
        url = self._origin + encoded_path(path) + (f"?{query}" if query else "")
        timeouts = {**TIMEOUTS, "read": call.read_timeout}
        try:
            async with self._pool.stream(
                call.method,
                url,
                headers=list(self._headers(call, path).items()),
                content=call.content,
                extensions={"timeout": timeouts},
            ) as response:
                await refuse_errors(response)
                yield response
        except (
            httpcore2.NetworkError,
            httpcore2.ProtocolError,
            httpcore2.TimeoutException,
        ) as error:
            raise UnavailableError(PART) from error

    def _headers(self, call: Call, path: str) -> dict[str, str]:
        plain = call.content if isinstance(call.content, bytes) else None
        hashed = UNSIGNED if plain is None else hashlib.sha256(plain).hexdigest()
        length = call.length if plain is None else len(plain)
        unsigned = Unsigned(
            method=call.method,
            path=path,
            query=call.query,
            headers={**call.headers, "host": self._host, "content-length": str(length)},
            payload_hash=hashed,
        )
        return signed_headers(unsigned, self._credentials, datetime.now(UTC))


async def refuse_errors(response: httpcore2.Response) -> None:
    """Raise for every answer that is not a success."""
    if response.status < 300:  # noqa: PLR2004
        return
    await response.aread()
    if response.status == NOT_FOUND:
        raise NotThereError
    raise UnavailableError(PART)


def header(response: httpcore2.Response, name: bytes) -> str:
    """Return a header the store always sends."""
    for key, value in response.headers:
        if key.lower() == name:
            return value.decode("latin-1")
    raise UnavailableError(PART)


def completion(parts: Sequence[PartMark]) -> bytes:
    """Return the document that lists the parts."""
    root = ET.Element("CompleteMultipartUpload")
    for part in sorted(parts, key=lambda one: one.number):
        listed = ET.SubElement(root, "Part")
        ET.SubElement(listed, "PartNumber").text = str(part.number)
        ET.SubElement(listed, "ETag").text = part.etag
    return ET.tostring(root)


def text_of(document: bytes, tag: str) -> str:
    """Return the text of the first such element, whatever its namespace."""
    try:
        # the store is ours and trusted; expat, moreover, has limits on entity expansion
        found = ET.fromstring(document).find(f".//{{*}}{tag}")  # noqa: S314
    except ET.ParseError as error:
        raise UnavailableError(PART) from error
    if found is None or not found.text:
        raise UnavailableError(PART)
    return found.text
