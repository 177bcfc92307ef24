"""Direct: the way of nearly all requests, without a task: a whole answer from the first provider.

Reading, sending and answering are calls from the loop: nothing is woken, nothing waits. Whatever
is not as usual (no open connection, a limit, a failure) is handed over to the task of the client's
connection, which goes on from there.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from seaway.ai.gateway.cache import HIT, MISS
from seaway.ai.gateway.call import FREE, Call
from seaway.ai.gateway.calling import Caller
from seaway.ai.gateway.front import Front, Request
from seaway.ai.gateway.limits import Grant, Use
from seaway.ai.gateway.upstream import Connection, Failed
from seaway.serving.refusal import Refusal

if TYPE_CHECKING:
    from seaway.ai.gateway.serving import Serving

_ONE = Use(requests=1)
_HIT, _MISS = (b"x-seaway-cache: %s\r\n" % each.encode() for each in (HIT, MISS))
Over = Callable[[Request, Front], None]


class Direct:
    """One request that is answered directly, or handed over."""

    __slots__ = (
        "_call", "_caller", "_connection", "_gone", "_key", "_over", "_reply", "_seconds",
        "_serving", "_who",
    )  # fmt: skip

    def __init__(
        self, serving: "Serving", call: Call, kept: tuple[float, str], reply: Front, over: Over
    ) -> None:
        """`over` is called when it is answered, or nobody wants the answer any more."""
        self._serving, self._call, self._reply, self._over = serving, call, reply, over
        self._caller: Caller = serving.callers[call.decision.targets[0].provider]
        self._connection: Connection | None = None
        self._gone = False
        self._seconds, self._key = kept
        self._who = ""
        """By which the answer is ours to ask for, where it is kept for others."""

    def begin(self) -> None:
        """Reserve and send."""
        scopes = self._serving.scopes(self._call.client)
        if scopes.rows:
            self._serving.limiter.ask(scopes, self._call.feared, self._granted)
        else:
            self._look()

    def cancel(self) -> None:
        """Nobody waits any more: the provider is told at once."""
        self._gone = True
        connection, caller = self._connection, self._caller
        if connection is not None:
            connection.told = None
            caller.drop(connection)
            caller.health.ended(told=False)
            self._serving.upstream(self._call.decision.targets[0], "cancelled")
        self._release(b"")
        self._settle()
        self._over(self._call.request, self._reply)

    def _granted(self, outcome: Grant | Exception) -> None:
        if not isinstance(outcome, Grant):
            self._refuse(self._serving.refusal(self._call.client, outcome))
            return
        self._call.grant = outcome
        if self._gone:
            self._settle()
        else:
            self._look()

    def _look(self) -> None:
        self._serving.let_in(self._call)
        if self._call.asked.stream:
            self._hand_over(None)  # it is let in; what is left to do takes its time anyway
        elif not self._key:
            self._find_room()
        elif not self._serving.cache.begin(self._key, self._looked):
            self._hand_over(None)  # somebody else asks the same

    def _looked(self, answer: bytes, who: str) -> None:
        self._who = who
        if self._gone:
            self._release(b"")
        elif answer:
            self._serving.metrics.cache.add(self._call.decision.route, HIT)
            self._reply.whole(200, answer, _HIT)
            self._settle()
            self._over(self._call.request, self._reply)
        elif who:
            self._find_room()
        else:
            self._hand_over(None)

    def _release(self, answer: bytes) -> None:
        if self._who:
            self._serving.cache.end(self._key, self._who, self._seconds, answer)
            self._who = ""

    def _find_room(self) -> None:
        scopes = self._caller.scopes
        if scopes.rows:
            self._serving.limiter.ask(scopes, self._call.feared, self._roomed)
        else:
            self._send()

    def _roomed(self, outcome: Grant | Exception) -> None:
        if isinstance(outcome, Grant):
            self._call.room = outcome
        if self._gone:
            self._settle()
        elif isinstance(outcome, Grant):
            self._send()
        else:
            self._hand_over(None)  # another provider may have room

    def _send(self) -> None:
        call, caller = self._call, self._caller
        target = call.decision.targets[0]
        caller.health.busy += 1
        self._connection = caller.begin(call.asked, target, self._answered)
        if self._connection is None:
            caller.health.busy -= 1
            self._hand_over(None)

    def _answered(self, connection: Connection) -> None:
        """All of it is there, or never will be."""
        caller, call = self._caller, self._call
        self._connection = connection.told = None
        caller.health.busy -= 1
        try:
            answer = caller.finished(connection, call.decision.targets[0])
        except Failed as failed:
            unread = failed.why == "reset" and connection.used > 1
            self._hand_over(None if unread else failed)
            return
        caller.passed()
        self._serving.upstream(answer.target, "ok")
        body = self._serving.charged(call, answer)
        if self._who:
            self._serving.metrics.cache.add(call.decision.route, MISS)
            self._release(body)
            self._reply.whole(200, body, _MISS)
        else:
            self._reply.whole(200, body)
        self._settle()
        self._over(self._call.request, self._reply)

    def _settle(self) -> None:
        """Once: what is settled is not reserved any more."""
        limiter, call = self._serving.limiter, self._call
        used = Use() if self._gone and self._connection is None else call.used  # never sent
        grant, call.grant, room, call.room = call.grant, FREE, call.room, FREE
        limiter.settle(grant, used)
        limiter.settle(room, used)

    def _hand_over(self, failed: Failed | None) -> None:
        call = self._call
        self._release(b"")
        if failed is not None:
            self._serving.limiter.settle(call.room, _ONE)
        elif call.room is not FREE:
            self._serving.limiter.settle(call.room, Use())
        call.room, call.failed = FREE, failed
        self._reply.hand_over(call.request, partial(self._serving.rest, call, self._reply))

    def _refuse(self, refusal: Refusal) -> None:
        if not self._gone:
            self._reply.hand_over(self._call.request, partial(_refused, refusal))


async def _refused(refusal: Refusal) -> None:
    raise refusal
