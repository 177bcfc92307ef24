"""Plays files: whole or by range, with validators, never as anything but media."""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from uuid import UUID

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from aixsss.http.identity import Viewer
from aixsss.http.routes import router_of
from aixsss.media import disposition
from aixsss.parts import Known
from aixsss.problems import Problem, not_found
from aixsss.ranges import Span, UnsatisfiableRangeError, span
from aixsss.stores.models import FileRecord, FileState

router = router_of("files")
BYTES = {"content": {"*/*": {"schema": {"type": "string", "format": "binary"}}}}


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


@router.get(
    "/files/{file_id:uuid}/content",
    response_class=StreamingResponse,
    responses={200: BYTES, 206: BYTES, 304: {}},
)
async def content(request: Request, known: Known, identity: Viewer, file_id: UUID) -> Response:
    """Send the file, or the part of it that is asked for."""
    record = await known.files.one(identity.user_id, file_id)
    if record is None or record.state is not FileState.READY:
        raise not_found("file")
    headers = common_headers(record)
    if unchanged(request, record):
        return Response(status_code=304, headers=headers)
    wanted = wanted_span(request, record)
    sent = wanted or Span(0, record.size - 1)
    headers |= {"content-type": record.media_type, "content-length": str(sent.length)}
    if wanted:
        headers["content-range"] = wanted.content_range(record.size)
    status = 206 if wanted else 200
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers)
    return await opened(known.objects.read(record.object_key, sent), status, headers)


async def opened(
    source: AbstractAsyncContextManager[AsyncIterator[bytes]], status: int, headers: dict[str, str]
) -> Response:
    """Open the source first: where it fails, the caller must get an error and not half a file."""
    stack = AsyncExitStack()
    return OpenedResponse(await stack.enter_async_context(source), stack, status, headers)


def wanted_span(request: Request, record: FileRecord) -> Span | None:
    """Return the range asked for, unless it was asked for of another version of the file."""
    # RFC 9110, 14.2: a server ignores Range with any method but GET
    if request.method != "GET":
        return None
    if request.headers.get("if-range", record.etag) != record.etag:
        return None
    try:
        return span(request.headers.get("range"), record.size)
    except UnsatisfiableRangeError as error:
        headers = {"Content-Range": f"bytes */{record.size}"}
        message = f"the file has {record.size} bytes"
        raise Problem(416, "range_not_satisfiable", message, headers) from error


def unchanged(request: Request, record: FileRecord) -> bool:
    """Tell whether the caller has this version already."""
    tags = {
        tag.strip().removeprefix("W/")
        for tag in request.headers.get("if-none-match", "").split(",")
    }
    return bool(tags & {record.etag, "*"})


def common_headers(record: FileRecord) -> dict[str, str]:
    """Return the headers of every answer; a browser may keep the file, but must ask each time."""
    return {
        "accept-ranges": "bytes",
        "etag": record.etag,
        "cache-control": "private, no-cache",
        "content-disposition": disposition(record.name),
        "content-security-policy": "default-src 'none'; media-src 'self'; sandbox",
        "x-content-type-options": "nosniff",
    }
