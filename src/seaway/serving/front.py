"""Front: HTTP/1.1 with clients: requests are read whole, answers sent whole or in events."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Protocol
from urllib.parse import parse_qsl

import httptools
import msgspec

from seaway.serving.refusal import Refusal

HEAD_WITHIN, BODY_WITHIN, IDLE = 10.0, 60.0, 75.0
"""Seconds for the head of a request, for the rest of it, and until the next one."""
LARGEST_HEAD = 32_768
"""Bytes, or what comes in one piece."""
SMALL = 65_536
"""Bytes of a body, above which it counts as one of `bodies`."""
LINGER = 10.0
"""Seconds for which what a client still sends is thrown away, so that it can read why."""
WAITING = 8
"""Requests that a client may send before the first is answered."""
_LOOK = 2.0
"""Seconds between two looks at slow clients."""
_HEADERS = frozenset({
    b"accept", b"authorization", b"content-length", b"content-type", b"expect",
    b"idempotency-key", b"last-event-id", b"x-request-id",
})  # fmt: skip
REASONS = {
    200: b"OK", 201: b"Created", 204: b"No Content", 400: b"Bad Request", 401: b"Unauthorized",
    403: b"Forbidden", 404: b"Not Found", 405: b"Method Not Allowed", 409: b"Conflict",
    410: b"Gone", 413: b"Content Too Large", 415: b"Unsupported Media Type",
    422: b"Unprocessable Content", 429: b"Too Many Requests", 500: b"Internal Server Error",
    502: b"Bad Gateway", 503: b"Service Unavailable", 504: b"Gateway Timeout",
}  # fmt: skip
_STARTS = {
    status: b"HTTP/1.1 %d %s\r\nserver: seaway\r\n" % (status, reason)
    for status, reason in REASONS.items()
}
_EVENTS = (
    b"content-type: text/event-stream; charset=utf-8\r\ncache-control: no-cache\r\n"
    b"x-accel-buffering: no\r\ntransfer-encoding: chunked\r\n"
)


class Request(msgspec.Struct):
    """One request, whole."""

    since: float
    method: bytes = b""
    target: bytes = b""
    headers: dict[bytes, bytes] = {}
    """Only those that anything depends on, names in small letters."""
    body: bytes = b""
    keep: bool = True
    named: dict[str, str] = {}
    """The parts of the path that its endpoint has names for."""

    @property
    def path(self) -> str:
        """Without the query; an address in the request line is no path here."""
        return self.target.partition(b"?")[0].decode("latin-1")

    @property
    def query(self) -> dict[str, str]:
        """The last of each name."""
        return dict(parse_qsl(self.target.partition(b"?")[2].decode("latin-1")))

    def header(self, name: str) -> str:
        """Empty where it was not given; only those of `_HEADERS` are kept."""
        return self.headers.get(name.encode(), b"").decode("latin-1")


class Application(Protocol):
    """Answers requests."""

    largest: int
    """Bytes of a body."""
    bodies: int
    """Bodies above `SMALL` that are received at the same time; 0 for any number."""

    def handle(self, request: Request, reply: "Front") -> Coroutine[None, None, None]:
        """Answer one; it is cancelled when the client goes away."""
        ...


class Front(asyncio.Protocol):
    """One client's connection; also the reply to the request that is being answered."""

    def __init__(
        self, application: Application, loop: asyncio.AbstractEventLoop, everyone: "set[Front]"
    ) -> None:
        self._application, self._loop, self._everyone = application, loop, everyone
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._request = Request(0)
        self._chunks: list[bytes] = []
        self._size = self._head = 0
        self._waiting: deque[Request] = deque()
        self._task: asyncio.Task[None] | None = None
        self._wanted: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._due = loop.time() + IDLE
        self._reading = False
        self.busy = False
        """Whether a request is being answered."""
        self.begun = False
        """Whether the answer has begun: then it cannot be another."""
        self.status = 0
        self._refusal: Refusal | None = None
        self._deaf = False
        self.receiving = False
        """Whether a body above `SMALL` is being received."""

    # ------------------------------------------------------------------------- the answer

    def whole(self, status: int, body: bytes, headers: bytes = b"") -> None:
        """The whole answer, JSON unless the headers say something else."""
        kind = b"" if headers.startswith(b"content-type") else b"content-type: application/json\r\n"
        length = b"content-length: %d\r\n\r\n" % len(body)
        self._begin(status)
        self._write(b"".join((_STARTS[status], kind, headers, length, body)))

    def stream(self, headers: bytes, first: bytes) -> None:
        """The head of an answer in events, and the first of them."""
        self._begin(200)
        self._write(b"%s%s%s\r\n%x\r\n%s\r\n" % (_STARTS[200], headers, _EVENTS, len(first), first))

    def piece(self, data: bytes) -> None:
        """More events."""
        self._write(b"%x\r\n%s\r\n" % (len(data), data))

    def end(self, data: bytes = b"") -> None:
        """The last events, if any, and the end."""
        last = b"%x\r\n%s\r\n" % (len(data), data) if data else b""
        self._write(last + b"0\r\n\r\n")

    async def drained(self) -> None:
        """Wait while the client does not read."""
        if self._writable:
            await self._writable

    def _begin(self, status: int) -> None:
        self.begun, self.status = True, status

    def _write(self, data: bytes) -> None:
        if self._transport:
            self._transport.write(data)

    # ------------------------------------------------------------------------ the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is one by its methods
        self._everyone.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        self._everyone.discard(self)
        self.resume_writing()
        if self._task:
            self._task.cancel()

    def pause_writing(self) -> None:
        self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writable and not self._writable.done():
            self._writable.set_result(None)
        self._writable = None

    def now(self) -> float:
        """The time by which requests are measured."""
        return self._loop.time()

    def hang_up(self) -> None:
        """Close as soon as nothing is being answered."""
        self._request.keep = False
        for each in self._waiting:
            each.keep = False
        if not self.busy and self._transport:
            self._transport.close()

    def look(self, now: float) -> None:
        """Close when the client takes too long with its request."""
        if self._transport and not self.busy and now > self._due:
            self._transport.abort() if self._deaf or not self._reading else self._refuse(408)

    def _refuse(self, status: int) -> None:
        """What cannot be read is answered once, and the connection closed."""
        if self._transport and not self._transport.is_closing():
            if not self.busy:
                reason = REASONS.get(status, b"Request Timeout")
                text = b"HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                self._transport.write(text % (status, reason))
            self._transport.close()

    def _turn_away(self, refusal: Refusal) -> None:
        """Answer at once, and throw away the rest: who is cut off would never read the answer."""
        self._chunks, self.receiving = [], False
        if self.busy or self._transport is None:
            self._refuse(refusal.status)
            return
        self._deaf, self._due = True, self._loop.time() + LINGER
        self.whole(refusal.status, refusal.body, refusal.headers + b"connection: close\r\n")

    # ----------------------------------------------------------------------------- the parser

    def data_received(self, data: bytes) -> None:
        if self._deaf:
            return
        if not self._chunks:
            self._head += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(400)
        except httptools.HttpParserError:
            self._turn_away(self._refusal) if self._refusal else self._refuse(400)
        if self._reading and self._head > LARGEST_HEAD and not (self._chunks or self._deaf):
            self._refuse(400)

    def on_message_begin(self) -> None:
        now = self._loop.time()
        self._request, self._chunks, self._size = Request(now), [], 0
        self._head, self._reading = 0, True
        self._due = now + HEAD_WITHIN

    def on_url(self, url: bytes) -> None:
        self._request.target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        small = name.lower()
        if small in _HEADERS:
            self._request.headers[small] = value

    def on_headers_complete(self) -> None:
        self._due = self._request.since + BODY_WITHIN
        length = self._request.headers.get(b"content-length", b"0")
        if length.isdigit() and int(length[:18]) > self._application.largest:
            self._refusal = self._too_large()
            raise TurnedAway
        if b"expect" in self._request.headers and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        self._chunks.append(data)
        if self._size > self._application.largest:
            self._refusal = self._too_large()
        elif self._size > SMALL and not self.receiving:
            self._refusal = self._too_many()
            self.receiving = True
        if self._refusal:
            raise TurnedAway

    def _too_large(self) -> Refusal:
        most = self._application.largest
        return Refusal(413, "too_large", f"A request may have {most} bytes.")

    def _too_many(self) -> Refusal | None:
        most = self._application.bodies
        if not most or sum(each.receiving for each in self._everyone) < most:
            return None
        return Refusal(503, "busy", "Too much is being received; come again.", after=1)

    def on_message_complete(self) -> None:
        request, self._reading = self._request, False
        request.method = self._parser.get_method()
        request.keep = self._parser.should_keep_alive()
        request.body = b"".join(self._chunks)
        self._chunks, self.receiving = [], False
        self._waiting.append(request)
        if not self.busy:
            self._next()
        elif len(self._waiting) > WAITING and self._transport:
            self._transport.abort()

    # ------------------------------------------------------------------------------- the turns

    def _next(self) -> None:
        self.busy = True
        if self._task is None:
            self._task = self._loop.create_task(self._answers())
        elif self._wanted is not None:
            self._wanted.set_result(None)
            self._wanted = None

    async def _answers(self) -> None:
        """One after another, all in one task: to make a task takes longer than to wake one."""
        while self._waiting:
            request, answered = self._waiting.popleft(), False
            self.begun, self.status = False, 0
            try:
                await self._application.handle(request, self)
                answered = True
            except ConnectionError:
                pass
            finally:
                self._due = self._loop.time() + IDLE
                if not (answered and request.keep):
                    self._leave(abruptly=not answered)
            if not self._waiting:
                self.busy = False
                self._wanted = self._loop.create_future()
                await self._wanted

    def _leave(self, *, abruptly: bool) -> None:
        """After an answer that is the last."""
        self.busy = False
        self._waiting.clear()
        if self._transport:
            self._transport.abort() if abruptly else self._transport.close()


class TurnedAway(Exception):  # noqa: N818 -- said as it is
    """The request is not taken; why is known already."""


async def watch(everyone: set[Front]) -> None:
    """Close slow clients, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_LOOK)
        for each in tuple(everyone):
            each.look(loop.time())
