"""Upstream: connections to one provider, kept and used again."""

import asyncio
from collections import deque
from collections.abc import Callable
from ssl import SSLContext
from types import SimpleNamespace

import httptools

from seaway.ai.gateway.address import Base, Forbidden, places
from seaway.ai.gateway.turn import Turn

IDLE = 20.0
"""Seconds that an unused connection is trusted; most servers keep theirs for longer."""
LINGER = 1.0
"""Seconds that the end of a body may come after its last event."""
MOST = 4000
"""Connections to one provider."""
LARGEST = 64 * 2**20
"""Bytes of an answer that is held whole."""
_HIGH = 2**20
"""Bytes that may wait for a slow client."""


class Failed(Exception):  # noqa: N818 -- said as it is
    """A call that did not work."""

    def __init__(self, why: str, *, status: int = 0, after: float = 0.0, body: bytes = b"") -> None:
        super().__init__(why)
        self.why, self.status, self.after, self.body = why, status, after, body
        """`why`: connect, forbidden, reset, timeout, first, status, malformed, truncated."""


class Connection(asyncio.Protocol):
    """One connection; answers one request at a time."""

    def __init__(self, turn: Turn) -> None:
        self._turn, self._loop = turn, turn.loop
        self._transport: asyncio.Transport | None = None
        self._waiter: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._due, self._reason = 0.0, ""
        self._chunks: list[bytes] = []
        self._headers: dict[bytes, bytes] = {}
        # Of the parser's calls most go to a list and a dictionary, without a function between.
        self._parser = httptools.HttpResponseParser(
            SimpleNamespace(
                on_header=self._headers.__setitem__, on_headers_complete=self._begun,
                on_body=self._chunks.append, on_message_complete=self._ends,
            )
        )  # fmt: skip
        self._size = 0
        self._whole = self._paused = False
        self.failure: Failed | None = None
        """Why nothing more will come."""
        self.status = 0
        self.complete = False
        self.then: Callable[[Connection], None] | None = None
        """Called once, soon after the answer is complete, or never will be."""
        self.told: Callable[[Connection], None] | None = None
        """Called at once when something has come, in place of who waits for `news`."""
        self.used = 0
        self.since = 0.0

    def usable(self, now: float) -> bool:
        """Whether another request may be sent."""
        alive = self._transport is not None and not self._transport.is_closing()
        return alive and self.failure is None and now - self.since < IDLE

    def wait_for_all(self) -> None:
        """Nothing is to be done before all of the answer is there."""
        self._whole = True

    def send(self, request: bytes, *, whole: bool) -> None:
        """Begin a request; `whole` when nothing is to be done before all of the answer is there."""
        self.status, self.complete = 0, False
        self._chunks.clear()
        self._headers.clear()
        self._size, self._whole = 0, whole
        self.used += 1
        if self._transport and not self._transport.is_closing():
            self._turn.send(self._transport, request)
        else:
            self._fail(Failed("reset"))

    def limit(self, due: float, reason: str) -> None:
        """Fail when nothing has come by then; a later call puts it off."""
        self._due, self._reason = due, reason
        if self._timer is None:
            self._timer = self._loop.call_at(due, self._late)
        elif self._timer.when() > due:
            self._timer.cancel()
            self._timer = self._loop.call_at(due, self._late)

    async def whole(self) -> bytes:
        """The body, when all of it is there.

        Raises:
            Failed: it never will be.
        """
        self._whole = True
        if not self.complete:
            await self.news()
        return self.taken()

    async def piece(self) -> bytes:
        """What has come since the last call; empty at the end.

        Raises:
            Failed: it broke off; what came before is returned first.
        """
        if not self._chunks and not self.complete:
            await self.news()
        return self.taken()

    def close(self) -> None:
        """Not to be used again."""
        if self._timer:
            self._timer.cancel()
        if self._transport:
            self._transport.abort()

    def rest(self) -> bool:
        """No request is under way: nothing is waited for; whether another may be sent."""
        self._due = 0.0
        keep = self.complete and self.since >= 0 and self.failure is None
        self.since = self._loop.time()
        return keep and self._transport is not None and not self._transport.is_closing()

    def taken(self) -> bytes:
        """What has come since the last call."""
        chunks = self._chunks
        taken = chunks[0] if len(chunks) == 1 else b"".join(chunks)
        chunks.clear()
        self._size = 0
        if self._paused and self._transport:
            self._paused = False
            self._transport.resume_reading()
        return taken

    def header(self, name: bytes) -> bytes:
        """Of the answer, by its name in small letters; nothing where it is not there."""
        found = (value for key, value in self._headers.items() if key.lower() == name)
        return next(found, b"")

    def news(self) -> "asyncio.Future[None]":
        """Done when the head is there, or more of a body, or all of it where it is wanted whole.

        Raises:
            Failed: nothing will come; also when it is awaited.
        """
        if self.failure:
            raise self.failure
        self._waiter = self._loop.create_future()
        return self._waiter

    def _wake(self) -> None:
        if self.told is not None:
            if self.complete or self.failure or not self._whole:
                self.told(self)
            return
        waiter = self._waiter
        if waiter is None or waiter.done():
            return
        if self.failure and not self._chunks:
            waiter.set_exception(self.failure)
        elif self.complete or self.failure or (not self._whole and (self._chunks or self.status)):
            waiter.set_result(None)

    def _fail(self, failure: Failed) -> None:
        self.failure = self.failure or failure
        if self._whole:
            self._chunks.clear()
        self._wake()

    def _late(self) -> None:
        self._timer = None
        if self._due and self._due <= self._loop.time() + 0.001:
            self._fail(Failed(self._reason))
            self.close()
        elif self._due:
            self._timer = self._loop.call_at(self._due, self._late)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is one by its methods

    def data_received(self, data: bytes) -> None:
        self._turn.came(self._received, data)

    def _received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail(Failed("malformed"))
            self.close()
            return
        self._size += len(data)  # with what is around the body: it is no matter
        if self._size > LARGEST:
            self._fail(Failed("malformed"))
            self.close()
        elif self._size > _HIGH and not self._whole and self._transport and not self._paused:
            self._paused = True
            self._transport.pause_reading()
        self._wake()

    def eof_received(self) -> None:
        self._turn.came(self._ended, b"")

    def _ended(self, _: bytes) -> None:
        framed = self.header(b"content-length") or self.header(b"transfer-encoding")
        if self.status and not framed:
            self.complete = True  # an answer that ends with its connection
            self._wake()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        if self._timer:
            self._timer.cancel()
        if not self.complete:
            self._fail(Failed("truncated" if self.status else "reset"))
        self.failure = self.failure or Failed("reset")
        self._over()

    def _over(self) -> None:
        then, self.then = self.then, None
        if then:
            self._loop.call_soon(then, self)

    def _begun(self) -> None:
        status = self._parser.get_status_code()
        if status >= 200:  # noqa: PLR2004 -- 1xx comes before the answer
            self.status = status
        else:
            self._headers.clear()

    def _ends(self) -> None:
        if self.status:
            self.complete = True
            if not self._parser.should_keep_alive():
                self.since = -IDLE
            if self.then:
                self._over()


class Pool:
    """All connections to one provider."""

    def __init__(
        self, base: Base, turn: Turn, *, private: bool, context: SSLContext | None
    ) -> None:
        self._base, self._private = base, private
        self._turn, self._context = turn, context
        self._free: deque[Connection] = deque()
        self._loop = turn.loop
        self.open = 0

    def free(self, now: float) -> Connection | None:
        """One that may be used again."""
        free = self._free
        while free:
            connection = free.pop()
            if connection.usable(now):
                return connection
            self.drop(connection)
        return None

    async def new(self, within: float) -> Connection:
        """One more.

        Raises:
            Failed: there is none within so many seconds.
        """
        if self.open >= MOST:
            raise Failed("connect")
        self.open += 1
        try:
            async with asyncio.timeout(within):
                return await self._connect()
        except BaseException as error:
            self.open -= 1
            if isinstance(error, Forbidden):
                raise Failed("forbidden") from error
            if isinstance(error, OSError | TimeoutError | UnicodeError):
                raise Failed("connect") from error
            raise

    async def _connect(self) -> Connection:
        base, error = self._base, OSError("no address")
        for host in await places(base, private=self._private):
            try:
                _, connection = await self._loop.create_connection(
                    lambda: Connection(self._turn), host, base.port, ssl=self._context,
                    server_hostname=base.host if self._context else None,
                )  # fmt: skip
            except OSError as refused:
                error = refused
            else:
                connection.since = self._loop.time()
                return connection
        raise error

    def give_back(self, connection: Connection) -> None:
        """After its answer is complete; closed when it is not."""
        if connection.rest():
            self._free.append(connection)
        else:
            self.drop(connection)

    def linger(self, connection: Connection) -> None:
        """After all that counts has come; the end of the body may be a packet later."""
        if connection.complete:
            self.give_back(connection)
        else:
            connection.limit(self._loop.time() + LINGER, "between")
            connection.then = self.give_back

    def drop(self, connection: Connection) -> None:
        """Close one that was taken."""
        self.open -= 1
        connection.close()

    def close(self) -> None:
        """All that are free."""
        while self._free:
            self.drop(self._free.pop())
