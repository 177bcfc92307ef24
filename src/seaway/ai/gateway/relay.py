"""Relay: the rest of a stream to the client, to an end that is never silent."""

import asyncio
from collections.abc import Callable

import orjson

from seaway.ai.gateway.calling import Live
from seaway.ai.gateway.events import Malformed, Stopped
from seaway.ai.gateway.front import Front
from seaway.ai.gateway.metrics import Metrics
from seaway.ai.gateway.refusal import interrupted
from seaway.ai.gateway.upstream import Connection, Failed

_MOST_KEPT = 2**20
_WORDS = {"between": "it stopped sending", "truncated": "the connection broke",
          "total": "it took too long", "malformed": "it sent what cannot be read"}  # fmt: skip


class Relay:
    """Sends on what comes, called by what comes.

    A provider that breaks off makes the stream end with an event that says so, which clients raise
    as an error that may be retried; what was sent before is never repeated.
    """

    def __init__(
        self, live: Live, reply: Front, metrics: Metrics, over: Callable[[], None]
    ) -> None:
        """`over` is called once, at the end; not after `stop`."""
        self.live, self._reply, self._metrics, self._over = live, reply, metrics, over
        self._loop = asyncio.get_running_loop()
        self._between = live.provider.told.between
        self.kept: list[bytes] | None = None
        """What was sent, where that is wanted."""
        self.whole = False
        """Whether it has ended well."""
        self._paused = False
        """While the client does not read."""
        self._stopped = False
        events = live.events
        self._thinking = events.reasoned and not events.answering
        if events.reasoned and events.answering:  # both came at once
            metrics.reasoning.note(live.first_after, live.target.provider)

    def begin(self) -> None:
        """Send what there is, and from now on what comes."""
        live = self.live
        target, connection = live.target, live.connection
        names = f"x-seaway-provider: {target.provider}\r\nx-seaway-model: {target.model}\r\n"
        self._reply.stream(names.encode("latin-1", "replace"), live.first)
        if self.kept is not None:
            self.kept.append(live.first)
        connection.told = self._came
        self._limit()
        self._came(connection)  # what has come before

    def stop(self) -> None:
        """Nobody wants the rest; nothing where there is none."""
        if not self._stopped:
            self._stopped = True
            self.live.connection.told = None
            self.live.provider.leave(self.live.connection, ended=self.live.events.done)

    @property
    def sent(self) -> bytes:
        """All of a stream that ended well and is to be kept; else nothing."""
        kept = self.kept or ()
        return b"".join(kept) if self.whole and sum(map(len, kept)) < _MOST_KEPT else b""

    def _came(self, connection: Connection) -> None:
        if self._paused:
            return
        writable = self._reply.writable
        if writable is not None and not connection.failure:
            self._paused = True
            writable.add_done_callback(self._resume)
            connection.limit(self.live.due, "total")  # it is the client that is slow
            return
        data = connection.taken()
        try:
            if data:
                self._send(data)
        except (Malformed, Stopped) as error:
            self._end(error)
            return
        if self.live.events.done or connection.complete:
            self._end(None)
        elif connection.failure:
            self._end(connection.failure)
        elif data:
            self._limit()

    def _resume(self, _: object) -> None:
        self._paused = False
        if not self._stopped:
            self._limit()
            self._came(self.live.connection)

    def _send(self, data: bytes) -> None:
        live = self.live
        out = live.events.feed(data)
        if self._thinking and live.events.answering:
            self._thinking = False
            self._metrics.reasoning.note(self._loop.time() - live.since, live.target.provider)
        if out:
            self._reply.piece(out)
            if self.kept is not None:
                self.kept.append(out)

    def _limit(self) -> None:
        """The next piece must come in time."""
        live = self.live
        late = self._loop.time() + self._between
        if live.due < late:
            live.connection.limit(live.due, "total")
        else:
            live.connection.limit(late, "between")

    def _end(self, error: Exception | None) -> None:
        try:
            last = b"" if error else self.live.events.end()
        except (Malformed, Stopped) as found:
            last, error = b"", found
        if error:
            last = _typed_end(error, self.live, self._metrics)
        elif self.kept is not None:
            self.kept.append(last)
        self.whole = error is None
        self.stop()
        self._reply.end(last)
        self._over()


async def relayed(live: Live, reply: Front, metrics: Metrics, *, keep: bool) -> bytes:
    """Send the stream on; return it whole if it ended well and is to be kept, else nothing."""
    over: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def end() -> None:
        if not over.done():
            over.set_result(None)

    relay = Relay(live, reply, metrics, end)
    relay.kept = [] if keep else None
    try:
        relay.begin()
        await over
    finally:
        relay.stop()
    return relay.sent


def _typed_end(error: Exception, live: Live, metrics: Metrics) -> bytes:
    why = error.why if isinstance(error, Failed) else "malformed"
    if isinstance(error, Malformed) and live.connection.complete:
        why = "truncated"
    live.provider.health.bad(asyncio.get_running_loop().time())
    metrics.interrupted.add(live.target.provider, why)
    words = str(error) if isinstance(error, Stopped) else _WORDS.get(why, why)
    return b"data: " + orjson.dumps({"error": interrupted(words).error}) + b"\n\n"
