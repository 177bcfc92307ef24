"""Sends what is kept in an object store: whole or by range, with validators."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from seaway_service.objects import Objects
from seaway_service.problems import Problem
from seaway_service.ranges import Span, UnsatisfiableRangeError, span


@dataclass(frozen=True, slots=True, kw_only=True)
class Medium:
    """Something that is kept, and what browsers are told of it."""

    key: str
    name: str
    media_type: str
    size: int
    etag: str


class OpenedResponse(StreamingResponse):
    """Streams from something that is already open, and closes it however the sending ends."""

    def __init__(
        self,
        chunks: AsyncIterator[bytes],
        opened: AsyncExitStack,
        status_code: int,
        headers: dict[str, str],
    ) -> None:
        super().__init__(chunks, status_code, headers)
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with self._opened:
            await super().__call__(scope, receive, send)


async def sent(request: Request, objects: Objects, medium: Medium) -> Response:
    """Send it, or the part of it that is asked for.

    Raises:
        Problem: none of it is in the range.
        NotThereError, UnavailableError: the store has it no more, or does not answer.
    """
    headers = common_headers(medium)
    if unchanged(request, medium):
        return Response(status_code=304, headers=headers)
    wanted = wanted_span(request, medium)
    part = wanted or Span(0, medium.size - 1)
    headers |= {"content-type": medium.media_type, "content-length": str(part.length)}
    if wanted:
        headers["content-range"] = wanted.content_range(medium.size)
    status = 206 if wanted else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return await opened(objects.read(medium.key, part), status, headers)


async def opened(
    source: AbstractAsyncContextManager[AsyncIterator[bytes]], status: int, headers: dict[str, str]
) -> Response:
    """Open the source first: where it fails, the caller must get an error and not half a file."""
    stack = AsyncExitStack()
    return OpenedResponse(await stack.enter_async_context(source), stack, status, headers)


def wanted_span(request: Request, medium: Medium) -> Span | None:
    """Return the range asked for, unless it was asked for of another version of the file."""
    # RFC 9110, 14.2: a server ignores Range with any method but GET
    if request.method != "GET":
        return None
    if request.headers.get("if-range", medium.etag) != medium.etag:
        return None
    try:
        return span(request.headers.get("range"), medium.size)
    except UnsatisfiableRangeError as error:
        headers = {"Content-Range": f"bytes */{medium.size}"}
        message = f"the file has {medium.size} bytes"
        raise Problem(416, "range_not_satisfiable", message, headers) from error


def unchanged(request: Request, medium: Medium) -> bool:
    """Tell whether the caller has this version already."""
    tags = {
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("if-none-match", "").split(",")
    }
    return bool(tags & {medium.etag, "*"})


def common_headers(medium: Medium) -> dict[str, str]:
    """Return the headers of every answer; a browser may keep the file, but must ask each time."""
    return {
        "accept-ranges": "bytes",
        "etag": medium.etag,
        "cache-control": "private, no-cache",
        "content-disposition": disposition(medium.name),
        "content-security-policy": "default-src 'none'; media-src 'self'; sandbox",
        "x-content-type-options": "nosniff",
    }


def disposition(name: str) -> str:
    """Return a Content-Disposition for showing the file under its name (RFC 6266)."""
    plain = "".join(char if char.isascii() and char not in '"\\%' else "_" for char in name)
    return f"inline; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
