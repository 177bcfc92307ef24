"""Calling: one provider, once: a whole answer, or a stream up to its first token."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec

from seaway.ai.gateway.address import Base, tls_context
from seaway.ai.gateway.asked import PATHS, Asked
from seaway.ai.gateway.events import Events, Malformed, Stopped, Whole, whole
from seaway.ai.gateway.health import Budget, Health
from seaway.ai.gateway.limits import Scopes
from seaway.ai.gateway.settings import Provider, Settings, Target
from seaway.ai.gateway.turn import Turn
from seaway.ai.gateway.upstream import Connection, Failed, Pool

OK = 200
NO_LIMITS = Scopes("", ())
_KEY = re.compile(r"[\x21-\x7e]+")


Told = Callable[[Connection], None]


class Answer(msgspec.Struct):
    """A whole answer."""

    target: Target
    body: bytes
    told: Whole


@dataclass(slots=True)
class Live:
    """A stream that has begun: its first token is in `first`."""

    target: Target
    provider: "Caller"
    connection: Connection
    events: Events
    first: bytes
    since: float
    """When it was asked, by the loop."""
    due: float
    """When it must be over."""
    first_after: float = 0.0


class Caller:
    """One provider."""

    def __init__(self, name: str, told: Provider, url: str, key: str, turn: Turn) -> None:
        self.name, self.told = name, told
        self.health, self.budget = Health(), Budget()
        self.scopes = NO_LIMITS
        """Its own limits."""
        base = Base.of(url)
        context = tls_context() if base.tls else None
        self._pool = Pool(base, turn, private=told.private, context=context)
        self._loop = turn.loop
        self._patience = min(told.first, told.total)
        if key and not _KEY.fullmatch(key):
            raise ValueError(f"the key of {name} has characters that no key has")
        authorization = f"authorization: Bearer {key}\r\n" if key else ""
        start = (
            f" HTTP/1.1\r\nhost: {base.name}\r\n{authorization}content-type: application/json\r\n"
            "accept: application/json, text/event-stream\r\nuser-agent: seaway\r\n"
        )
        self._starts = {path: f"POST {base.path}{path}{start}".encode() for path in PATHS}

    async def answer(self, asked: Asked, target: Target, due: float) -> Answer:
        """A whole answer.

        Raises:
            Failed: there is none.
        """
        return self.finished(await self._sent(asked, target, due, whole=True), target)

    def begin(self, asked: Asked, target: Target, told: Told) -> Connection | None:
        """Send a request on an open connection, if there is one.

        `told` is called when all of the answer is there, or never will be; then see `finished`.
        For a stream it is called at each news; then see `opened`.
        """
        now = self._loop.time()
        connection = self._pool.free(now)
        if connection is not None:
            connection.told = told
            connection.limit(now + self._patience, "first")
            connection.send(self._request(asked, target), whole=not asked.head.stream)
        return connection

    def finished(self, connection: Connection, target: Target) -> Answer:
        """The answer that is there.

        Raises:
            Failed: there is none.
        """
        if not connection.complete:
            self._pool.drop(connection)
            raise connection.failure or Failed("truncated")
        body, status = connection.taken(), connection.status
        failed = None if status == OK else _unsuccessful(connection, body)
        self._pool.give_back(connection)
        if failed:
            raise failed
        try:
            return Answer(target, body, whole(body))
        except Malformed as error:
            raise Failed("malformed") from error

    async def stream(self, asked: Asked, target: Target, due: float, events: Events) -> Live:
        """A stream, once its first token has come.

        Raises:
            Failed: it never came.
        """
        since = self._loop.time()
        connection = await self._sent(asked, target, due, whole=False)
        try:
            first = await self._begun(connection, events)
        except BaseException:
            self._pool.drop(connection)
            raise
        live = Live(target, self, connection, events, first, since, due)
        live.first_after = self._loop.time() - since
        return live

    def opened(self, connection: Connection, events: Events) -> bytes:
        """A stream up to its first token; nothing while that may still come.

        Raises:
            Failed: it never will.
        """
        if connection.status not in {0, OK} and not connection.complete and not connection.failure:
            connection.wait_for_all()
            return b""
        if connection.complete and connection.status != OK:
            raise _unsuccessful(connection, connection.taken())
        data = connection.taken()
        if connection.failure and not data:
            raise connection.failure
        if not connection.status:
            return b""
        if not connection.header(b"content-type").startswith(b"text/event-stream"):
            raise Failed("malformed")
        first = _fed(events, data) if data else b""
        return first or (_fed(events, b"") if connection.complete else b"")

    def leave(self, connection: Connection, *, ended: bool) -> None:
        """A stream is over, or nobody wants the rest of it: then the provider is told at once."""
        if ended:
            self._pool.linger(connection)
        else:
            self._pool.give_back(connection)

    def passed(self) -> None:
        """A call was answered at the first try."""
        self.budget.earn()
        self.health.good(self._loop.time())

    def drop(self, connection: Connection) -> None:
        """Nobody wants the answer any more."""
        self._pool.drop(connection)

    def close(self) -> None:
        """All connections that are not in use."""
        self._pool.close()

    async def _sent(self, asked: Asked, target: Target, due: float, *, whole: bool) -> Connection:
        """The request is sent, on a connection that answers, or has done so where it is `whole`."""
        told, pool = self.told, self._pool
        request = self._request(asked, target)
        now = self._loop.time()
        while True:
            connection = pool.free(now) or await pool.new(min(told.connect, due - now))
            fresh = not connection.used
            connection.limit(min(now + told.first, due), "first")
            connection.send(request, whole=whole)
            try:
                while not (connection.complete if whole else connection.status):
                    await connection.news()
            except Failed as failed:
                self._pool.drop(connection)
                if fresh or failed.why != "reset":
                    raise
                continue  # the provider had closed it already: nobody has read the request
            except BaseException:
                self._pool.drop(connection)
                raise
            return connection

    def _request(self, asked: Asked, target: Target) -> bytes:
        body = asked.written(target.model, with_usage=self.told.usage_in_streams)
        return b"%scontent-length: %d\r\n\r\n%s" % (self._starts[asked.path], len(body), body)

    async def _begun(self, connection: Connection, events: Events) -> bytes:
        if connection.status != OK:
            body = await connection.whole()
            raise _unsuccessful(connection, body)
        if not connection.header(b"content-type").startswith(b"text/event-stream"):
            raise Failed("malformed")
        while True:
            if first := _fed(events, await connection.piece()):
                return first


def _unsuccessful(connection: Connection, body: bytes) -> Failed:
    after = _after(connection)
    return Failed("status", status=connection.status, after=after, body=body)


def _fed(events: Events, data: bytes) -> bytes:
    """What may be sent on after more of a stream, or after its end where there is no more.

    Raises:
        Failed: it cannot be read.
    """
    try:
        return events.feed(data) if data else events.end()
    except Malformed as error:
        raise Failed("malformed" if data else "truncated") from error
    except Stopped as error:
        raise Failed("stopped") from error


def _after(connection: Connection) -> float:
    """Seconds of Retry-After; a date is not believed."""
    try:
        return max(float(connection.header(b"retry-after") or 0), 0.0)
    except ValueError:
        return 0.0


def callers(told: Settings, environ: Mapping[str, str], turn: Turn) -> dict[str, Caller]:
    """All providers, with their addresses and keys.

    Raises:
        ValueError: an address is none.
    """
    return {
        name: Caller(
            name, each, environ[each.url_from] if each.url_from else each.url,
            environ[each.key_from] if each.key_from else "", turn,
        )
        for name, each in told.providers.items()
    }  # fmt: skip
