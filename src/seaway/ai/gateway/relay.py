"""Relay: the rest of a stream to the client, to an end that is never silent."""

import asyncio

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


async def relayed(live: Live, reply: Front, metrics: Metrics, *, keep: bool) -> bytes:
    """Send the stream on; return it whole if it ended well and is to be kept, else nothing.

    A provider that breaks off makes the stream end with an event that says so, which clients raise
    as an error that may be retried; what was sent before is never repeated.
    """
    target = live.target
    names = f"x-seaway-provider: {target.provider}\r\nx-seaway-model: {target.model}\r\n"
    reply.stream(names.encode("latin-1", "replace"), live.first)
    kept: list[bytes] = []
    relay = _Relay(live, reply, metrics, kept if keep else None)
    try:
        await relay.run()
        last = live.events.end()
    except (Failed, Malformed, Stopped) as error:
        reply.end(_typed_end(error, live, metrics))
        return b""
    finally:
        live.connection.told = None
        live.provider.leave(live.connection, ended=live.events.done)
    reply.end(last)
    return b"".join((live.first, *kept, last)) if sum(map(len, kept)) < _MOST_KEPT else b""


class _Relay:
    """Sends on what comes, called by what comes; only the end wakes the task that waits for it."""

    def __init__(
        self, live: Live, reply: Front, metrics: Metrics, kept: list[bytes] | None
    ) -> None:
        self._live, self._reply, self._metrics, self._kept = live, reply, metrics, kept
        self._loop = asyncio.get_running_loop()
        self._paused = False
        """While the client does not read."""
        self._over: asyncio.Future[None] = self._loop.create_future()
        events = live.events
        self._thinking = events.reasoned and not events.answering
        if events.reasoned and events.answering:  # both came at once
            metrics.reasoning.note(live.first_after, live.target.provider)

    async def run(self) -> None:
        """Return at the end of the stream.

        Raises:
            Failed, Malformed, Stopped: it has none.
        """
        connection = self._live.connection
        connection.told = self._came
        self._limit()
        self._came(connection)  # what has come before
        await self._over

    def _came(self, connection: Connection) -> None:
        if self._over.done() or self._paused:
            return
        if (writable := self._reply.writable) is not None and not connection.failure:
            self._paused = True
            writable.add_done_callback(self._resume)
            connection.limit(self._live.due, "total")  # it is the client that is slow
            return
        try:
            if data := connection.taken():
                self._send(data)
        except (Malformed, Stopped) as error:
            self._over.set_exception(error)
            return
        if self._live.events.done or connection.complete:
            self._over.set_result(None)
        elif connection.failure:
            self._over.set_exception(connection.failure)
        elif data:
            self._limit()

    def _resume(self, _: object) -> None:
        self._paused = False
        self._limit()
        self._came(self._live.connection)

    def _send(self, data: bytes) -> None:
        live = self._live
        out = live.events.feed(data)
        if self._thinking and live.events.answering:
            self._thinking = False
            self._metrics.reasoning.note(self._loop.time() - live.since, live.target.provider)
        if out:
            self._reply.piece(out)
            if self._kept is not None:
                self._kept.append(out)

    def _limit(self) -> None:
        """The next piece must come in time."""
        live = self._live
        late = self._loop.time() + live.provider.told.between
        total = live.due < late
        live.connection.limit(live.due if total else late, "total" if total else "between")


def _typed_end(error: Exception, live: Live, metrics: Metrics) -> bytes:
    why = error.why if isinstance(error, Failed) else "malformed"
    if isinstance(error, Malformed) and live.connection.complete:
        why = "truncated"
    live.provider.health.bad(asyncio.get_running_loop().time())
    metrics.interrupted.add(live.target.provider, why)
    words = str(error) if isinstance(error, Stopped) else _WORDS.get(why, why)
    return b"data: " + orjson.dumps({"error": interrupted(words).error}) + b"\n\n"
