"""Direct: the way of nearly all requests, without a task: an answer from the first provider.

Reading, sending and answering are calls from the loop: nothing is woken, nothing waits. Whatever
is not as usual (no open connection, a limit, a failure) is handed over to the task of the client's
connection, which goes on from there.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from seaway.ai.gateway.cache import HIT, MISS, SHARED, Outcome
from seaway.ai.gateway.call import FREE, ONE, Call
from seaway.ai.gateway.front import Front
from seaway.ai.gateway.limits import Grant, Use, Wish
from seaway.ai.gateway.reading import Request
from seaway.ai.gateway.store import Value
from seaway.ai.gateway.stream import Stream
from seaway.ai.gateway.upstream import Connection, Failed
from seaway.serving.refusal import Refusal

if TYPE_CHECKING:
    from seaway.ai.gateway.serving import Serving

_HOW = {how: b"x-seaway-cache: %s\r\n" % how.encode() for how in (HIT, MISS, SHARED)}
Over = Callable[[Request, Front], None]


class Direct:
    """One request that is answered directly, or handed over."""

    __slots__ = (
        "_admits", "_call", "_connection", "_gone", "_key", "_over", "_reply", "_seconds",
        "_serving", "_shared", "_stream", "_waits", "_who",
    )  # fmt: skip

    def __init__(
        self, serving: "Serving", call: Call, kept: tuple[float, str], reply: Front, over: Over
    ) -> None:
        """`over` is called when it is answered, or nobody wants the answer any more."""
        self._serving, self._call, self._reply, self._over = serving, call, reply, over
        self._connection: Connection | None = None
        self._stream: Stream | None = None
        self._gone = False
        self._seconds, self._key = kept
        self._who = ""
        """By which the answer is looked for, and then ours to ask, where it is kept for others."""
        self._waits = self._admits = False
        """For what another request of this process looks for or asks; and for its limits."""
        self._shared: Outcome = None

    def begin(self) -> None:
        """Reserve, look, and send."""
        call, serving, key = self._call, self._serving, self._key
        scopes = call.way.scopes
        if key and not call.asked.head.stream:
            self._waits = serving.cache.wait(key, self._landed)
            self._who = "" if self._waits else serving.cache.begin(key)
        if self._who:
            wish = Wish(call.feared() if scopes.rows else ONE, self._admitted, key, self._who)
            serving.limiter.ask(scopes, wish)
        elif scopes.rows:
            self._admits = True
            serving.limiter.ask(scopes, Wish(call.feared(), self._admitted))
        else:
            self._let_in()

    def cancel(self) -> None:
        """Nobody waits any more: the provider is told at once."""
        self._gone = True
        call, connection = self._call, self._connection
        sent = connection is not None or self._stream is not None
        if self._stream is not None:
            self._stream.cancel()
        elif connection is not None:
            connection.told = None
            call.way.caller.drop(connection)
            self._serving.unwanted(call)
        self._release(b"")
        self._serving.settle(call, call.used if sent else Use())
        self._over(call.request, self._reply)

    def _admitted(self, outcome: Grant | Exception, found: Value) -> None:
        call, serving, hit = self._call, self._serving, b""
        refused = None if isinstance(outcome, Grant) else outcome
        if isinstance(outcome, Grant):
            call.grant = outcome
        if self._who and not serving.cache.found(self._key, None if refused else found):
            self._who, hit = "", found if isinstance(found, bytes) else b""
        if self._gone:
            self._release(b"")
            serving.settle(call, Use())
        elif refused:
            self._refuse(serving.refusal(call.client, refused))
        elif hit:
            serving.let_in(call)
            self._answer(hit, HIT)
        else:
            self._let_in()

    def _landed(self, outcome: Outcome) -> None:
        """Another request has its answer; before or after this one is let in."""
        self._shared = outcome
        self._waits = False
        if not (self._admits or self._gone):
            self._share()

    def _share(self) -> None:
        outcome = self._shared
        if isinstance(outcome, bytes):
            self._answer(outcome, SHARED)
        elif isinstance(outcome, Refusal):
            self._refuse(outcome)
        else:
            self._hand_over(None)

    def _let_in(self) -> None:
        self._serving.let_in(self._call)
        self._admits = False
        if self._waits:
            return  # until it has landed
        if self._shared is not None:
            self._share()
        elif self._key and not self._who:
            self._hand_over(None)  # another instance asks the same, or it is a stream that is kept
        elif self._call.way.caller.scopes.rows:
            wish = Wish(self._call.feared(), self._roomed)
            self._serving.limiter.ask(self._call.way.caller.scopes, wish)
        else:
            self._send()

    def _release(self, answer: bytes) -> None:
        if self._who:
            self._serving.cache.end(self._key, self._who, self._seconds, answer)
            self._who = ""

    def _roomed(self, outcome: Grant | Exception, _: Value) -> None:
        if isinstance(outcome, Grant):
            self._call.room = outcome
        if self._gone:
            self._serving.settle(self._call, Use())
        elif isinstance(outcome, Grant):
            self._send()
        else:
            self._hand_over(None)  # another provider may have room

    def _send(self) -> None:
        call, way = self._call, self._call.way
        if call.asked.head.stream:
            self._stream = Stream(self._serving, call, self._reply, self._end, self._failed)
            if not self._stream.begin():
                self._hand_over(None)
            return
        self._connection = way.caller.begin(call.asked, way.target, self._answered)
        if self._connection is None:
            self._hand_over(None)
        else:
            way.caller.health.busy += 1

    def _answered(self, connection: Connection) -> None:
        """All of it is there, or never will be."""
        call, serving = self._call, self._serving
        way = call.way
        self._connection = connection.told = None
        way.caller.health.busy -= 1
        try:
            answer = way.caller.finished(connection, way.target)
        except Failed as failed:
            self._failed(connection, failed)
            return
        way.caller.passed()
        way.answered[0] += 1
        body = serving.charged(call, answer)
        if self._who:
            self._release(body)
            self._answer(body, MISS)
        else:
            self._reply.whole(200, body)
            self._end()

    def _answer(self, body: bytes, how: str) -> None:
        self._serving.metrics.cache.add(self._call.decision.route, how)
        self._reply.whole(200, body, _HOW[how])
        self._end()

    def _end(self) -> None:
        call, self._stream = self._call, None
        if call.grant is not FREE or call.room is not FREE:
            self._serving.settle(call, call.used)
        self._over(call.request, self._reply)

    def _failed(self, connection: Connection, failed: Failed) -> None:
        unread = failed.why == "reset" and connection.used > 1
        self._hand_over(None if unread else failed)

    def _hand_over(self, failed: Failed | None) -> None:
        call, self._stream = self._call, None
        self._release(b"")
        if call.room is not FREE:
            self._serving.limiter.settle(call.room, ONE if failed else Use())
        call.room, call.failed = FREE, failed
        self._reply.hand_over(call.request, partial(self._serving.rest, call, self._reply))

    def _refuse(self, refusal: Refusal) -> None:
        self._reply.hand_over(self._call.request, partial(_refused, refusal))


async def _refused(refusal: Refusal) -> None:
    raise refusal
