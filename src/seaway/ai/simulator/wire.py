"""Wire: HTTP/1.1 for one connection, and the ways in which an answer can break."""

import asyncio
import socket
import struct
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import httptools

LARGEST_BODY = 64 * 2**20
"""Bytes; pictures come inside of requests."""
_REASONS = {
    200: "OK", 204: "No Content", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
    405: "Method Not Allowed", 413: "Content Too Large", 429: "Too Many Requests",
    500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
    504: "Gateway Timeout",
}  # fmt: skip
JSON = "application/json"
EVENTS = "text/event-stream; charset=utf-8"


@dataclass(slots=True)
class Request:
    """One request, whole."""

    method: str = ""
    path: str = ""
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """Names in small letters."""
    body: bytes = b""


class Reply:
    """Writes one answer: whole, in pieces, or broken on purpose."""

    def __init__(self, transport: asyncio.Transport, writable: asyncio.Event) -> None:
        self._transport, self._writable = transport, writable
        self.begun = False

    async def whole(
        self, status: int, body: bytes, kind: str = JSON, headers: Mapping[str, str] | None = None
    ) -> None:
        """The whole answer at once."""
        given = {"content-type": kind, "content-length": str(len(body)), **(headers or {})}
        await self.raw(_head(status, given) + body)

    async def begin(self, headers: Mapping[str, str] | None = None) -> None:
        """The head of an answer in pieces."""
        given = {"content-type": EVENTS, "cache-control": "no-cache",
                 "transfer-encoding": "chunked", **(headers or {})}  # fmt: skip
        await self.raw(_head(200, given))

    async def piece(self, data: bytes) -> None:
        """One piece, at once."""
        await self.raw(b"%x\r\n%s\r\n" % (len(data), data))

    async def end(self) -> None:
        """The end of an answer in pieces."""
        await self.raw(b"0\r\n\r\n")

    async def raw(self, data: bytes) -> None:
        """Exactly these bytes; waits while the other side does not read.

        Raises:
            ConnectionError: the other side is gone.
        """
        if self._transport.is_closing():
            raise ConnectionResetError
        self.begun = True
        self._transport.write(data)
        await self._writable.wait()

    def close(self) -> None:
        """End the connection after what was written: in the middle of an answer, a cut."""
        self._transport.close()

    def reset(self) -> None:
        """End the connection with RST."""
        own = self._transport.get_extra_info("socket")
        if own is not None:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


Handler = Callable[[Request, Reply], Awaitable[None]]


class Connection(asyncio.Protocol):
    """Parses requests and has them answered in order; who hangs up cancels the answer."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._parser = httptools.HttpRequestParser(self)
        self._request = Request()
        self._body: list[bytes] = []
        self._size = 0
        self._waiting: deque[Request] = deque()
        self._writable = asyncio.Event()
        self._writable.set()
        self._transport: asyncio.Transport | None = None
        self._task: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is one by its methods only

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._writable.set()
        if self._task:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            if self._transport:
                self._transport.write(_head(400, {"content-length": "0", "connection": "close"}))
                self._transport.close()

    def on_message_begin(self) -> None:
        """Of the parser, like all that follow."""
        self._request, self._body, self._size = Request(), [], 0

    def on_url(self, url: bytes) -> None:
        self._request.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        self._request.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        expected = self._request.headers.get("expect", "").lower()
        if expected == "100-continue" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > LARGEST_BODY and self._transport:
            self._transport.abort()
        self._body.append(data)

    def on_message_complete(self) -> None:
        request = self._request
        request.method = self._parser.get_method().decode("latin-1")
        request.path = urlsplit(request.path).path
        request.body = b"".join(self._body)
        self._waiting.append(request)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._serve())

    async def _serve(self) -> None:
        transport = self._transport
        while self._waiting and transport:
            request = self._waiting.popleft()
            answered = False
            try:
                await self._handler(request, Reply(transport, self._writable))
                answered = True
            except ConnectionError:
                return
            finally:
                if not answered:
                    transport.abort()
            if request.headers.get("connection", "").lower() == "close":
                transport.close()


def _head(status: int, headers: Mapping[str, str]) -> bytes:
    lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Status')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join((*lines, "", "")).encode("latin-1")
