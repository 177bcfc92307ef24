"""Front: HTTP/1.1 with clients: requests are read whole, answers sent whole or in events."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine
from typing import Protocol

from seaway.ai.gateway.reading import Reader, Refused, Request
from seaway.ai.gateway.turn import Turn

IDLE = 75.0
"""Seconds until the next request."""
WAITING = 8
"""Requests that a client may send before the first is answered."""
_LOOK = 2.0
"""Seconds between two looks at slow clients."""
REASONS = {
    200: b"OK", 400: b"Bad Request", 401: b"Unauthorized", 403: b"Forbidden", 404: b"Not Found",
    405: b"Method Not Allowed", 409: b"Conflict", 413: b"Content Too Large",
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


Rest = Callable[[], Awaitable[None]]
"""What is still to be done for an answer."""


class Begun(Protocol):
    """An answer on its way without a task."""

    def begin(self) -> None:
        """Once `cancel` can be called."""
        ...

    def cancel(self) -> None:
        """The client has gone away."""
        ...


class Application(Protocol):
    """Answers requests."""

    largest: int
    """Bytes of a body."""

    def at_once(self, request: Request, reply: "Front") -> Begun | None:
        """An answer that needs no task, and calls `over` or `hand_over`; nothing where one does."""
        ...

    def handle(
        self, request: Request, reply: "Front", rest: Rest | None
    ) -> Coroutine[None, None, None]:
        """Answer one, or do the rest for it; it is cancelled when the client goes away."""
        ...


class Front(asyncio.Protocol):
    """One client's connection; also the reply to the request that is being answered."""

    def __init__(self, application: Application, turn: Turn, everyone: "set[Front]") -> None:
        self._application, self._turn, self._everyone = application, turn, everyone
        self._loop = loop = turn.loop
        self._transport: asyncio.Transport | None = None
        self._reader = Reader(application.largest, self._asked)
        self._ending = False
        """Whether the next answer is the last."""
        self._waiting: deque[Request] = deque()
        self._task: asyncio.Task[None] | None = None
        self._wanted: asyncio.Future[None] | None = None
        self._begun: Begun | None = None
        self._rest: Rest | None = None
        self.writable: asyncio.Future[None] | None = None
        """While the client does not read: done when it does again, or is gone."""
        self._due = loop.time() + IDLE
        self._left = False
        self.busy = False
        """Whether a request is being answered."""
        self.begun = False
        """Whether the answer has begun: then it cannot be another."""
        self.status = 0

    # ------------------------------------------------------------------------- the answer

    def whole(self, status: int, body: bytes, headers: bytes = b"") -> None:
        """The whole answer, JSON unless the headers say something else."""
        kind = b"" if headers.startswith(b"content-type") else b"content-type: application/json\r\n"
        told = _STARTS[status], kind, headers, len(body), body
        self._begin(status)
        self._write(b"%s%s%scontent-length: %d\r\n\r\n%s" % told)

    def stream(self, headers: bytes, first: bytes) -> None:
        """The head of an answer in events, and the first of them."""
        self._begin(200)
        self._write(b"%s%s%s\r\n%x\r\n%s\r\n" % (_STARTS[200], headers, _EVENTS, len(first), first))

    def piece(self, data: bytes) -> None:
        """More events."""
        if self._transport:
            self._turn.send(self._transport, b"%x\r\n%s\r\n" % (len(data), data))

    def end(self, data: bytes = b"") -> None:
        """The last events, if any, and the end."""
        last = b"%x\r\n%s\r\n" % (len(data), data) if data else b""
        self._write(last + b"0\r\n\r\n")

    def over(self, request: Request) -> None:
        """It is answered, without a task."""
        self._begun = None
        self._due = self._loop.time() + IDLE
        if self._last(request):
            self._leave(abruptly=not self.begun)
        elif self._waiting:
            self._next()
        else:
            self.busy = False

    def _last(self, request: Request) -> bool:
        return not request.keep or (self._ending and not self._waiting)

    def hand_over(self, request: Request, rest: Rest) -> None:
        """A task is needed after all."""
        self._begun, self._rest = None, rest
        self._waiting.appendleft(request)
        self._wake()

    def _begin(self, status: int) -> None:
        self.begun, self.status = True, status

    def _write(self, data: bytes) -> None:
        if self._transport:
            self._turn.send(self._transport, data)

    # ------------------------------------------------------------------------ the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is one by its methods
        self._everyone.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport, self._left = None, True
        self._waiting.clear()
        self._everyone.discard(self)
        self.resume_writing()
        if self._task:
            self._task.cancel()
        if self._begun:
            self._begun.cancel()

    def pause_writing(self) -> None:
        self.writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self.writable and not self.writable.done():
            self.writable.set_result(None)
        self.writable = None

    def now(self) -> float:
        """The time by which requests are measured."""
        return self._loop.time()

    def hang_up(self) -> None:
        """Close as soon as nothing is being answered."""
        self._ending = True
        if not self.busy:
            self._close()

    def look(self, now: float) -> None:
        """Close when the client takes too long with its request."""
        if self._transport is None or self.busy:
            return
        if self._reader.reached:
            if now > self._reader.due:
                self._refuse(408)
        elif now > self._due:
            self._transport.abort()

    def _refuse(self, status: int) -> None:
        """What cannot be read is answered once, and the connection closed."""
        if not self.busy:
            reason = REASONS.get(status, b"Request Timeout")
            text = b"HTTP/1.1 %d %s\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            self._write(text % (status, reason))
        self._close()

    def _close(self) -> None:
        """Once all that was written is sent; what the client still says is not read."""
        self._left = True
        self._write(b"")

    # ----------------------------------------------------------------------------- the parser

    def data_received(self, data: bytes) -> None:
        self._turn.came(self._received, data)

    def _received(self, data: bytes) -> None:
        if self._left:
            return
        try:
            if self._reader.feed(data, self._loop.time()):
                self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        except Refused as refused:
            self._refuse(refused.status)

    def _asked(self, request: Request) -> None:
        if self._left:
            return
        self._waiting.append(request)
        if not self.busy:
            self._next()
        elif len(self._waiting) > WAITING and self._transport:
            self._transport.abort()

    # ------------------------------------------------------------------------------- the turns

    def _next(self) -> None:
        self.busy, self.begun, self.status = True, False, 0
        self._begun = self._application.at_once(self._waiting[0], self)
        if self._begun is None:
            self._wake()
        else:
            self._waiting.popleft()
            self._begun.begin()

    def _wake(self) -> None:
        if self._task is None:
            self._task = self._loop.create_task(self._answers())
        elif self._wanted is not None:
            self._wanted.set_result(None)
            self._wanted = None

    async def _answers(self) -> None:
        """One after another, all in one task: to make a task takes longer than to wake one."""
        while self._waiting:
            request, answered = self._waiting.popleft(), False
            rest, self._rest = self._rest, None
            try:
                await self._application.handle(request, self, rest)
                answered = True
            except ConnectionError:
                pass
            finally:
                self._due = self._loop.time() + IDLE
                if not answered or self._last(request):
                    self._leave(abruptly=not answered)
            await self._called()

    async def _called(self) -> None:
        """Return when there is something for the task."""
        self._wanted = self._loop.create_future()
        if self._waiting:
            self._next()
        else:
            self.busy = False
        await self._wanted

    def _leave(self, *, abruptly: bool) -> None:
        """After an answer that is the last."""
        self.busy = False
        self._waiting.clear()
        if not abruptly:
            self._close()
        elif self._transport:
            self._left = True
            self._transport.abort()


async def watch(everyone: set[Front]) -> None:
    """Close slow clients, for ever."""
    loop = asyncio.get_running_loop()
    while True:
        await asyncio.sleep(_LOOK)
        for each in tuple(everyone):
            each.look(loop.time())
