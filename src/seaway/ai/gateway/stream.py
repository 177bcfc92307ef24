"""Stream: one stream of the first provider to its client, without a task."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from seaway.ai.gateway.call import Call
from seaway.ai.gateway.calling import Live
from seaway.ai.gateway.events import Events
from seaway.ai.gateway.front import Front
from seaway.ai.gateway.limits import Use
from seaway.ai.gateway.relay import Relay
from seaway.ai.gateway.upstream import Connection, Failed

if TYPE_CHECKING:
    from seaway.ai.gateway.serving import Serving


class Stream:
    """From its request to its end."""

    __slots__ = (
        "_call", "_connection", "_events", "_failed", "_over", "_relay", "_reply", "_serving",
        "_since",
    )  # fmt: skip

    def __init__(
        self, serving: "Serving", call: Call, reply: Front,
        over: Callable[[], None], failed: Callable[[Connection, Failed], None],
    ) -> None:  # fmt: skip
        """`over` is called at its end, good or typed; `failed` where no token of it came."""
        self._serving, self._call, self._reply = serving, call, reply
        self._over, self._failed = over, failed
        self._events = Events(serving.hides, call.asked.usage_wanted)
        self._since = reply.now()
        self._connection: Connection | None = None
        self._relay: Relay | None = None

    def begin(self) -> bool:
        """Whether it could be asked for."""
        call = self._call
        self._connection = call.way.caller.begin(call.asked, call.way.target, self._opened)
        if self._connection is not None:
            call.used = Use(1, call.asked.tokens)  # until it is known better
            call.way.caller.health.busy += 1
        return self._connection is not None

    def cancel(self) -> None:
        """The client has gone: the provider is told at once."""
        call = self._call
        relay, self._relay = self._relay, None
        if relay is not None:
            relay.stop()
            self._serving.streamed(call, call.way.target, self._events)
        elif self._connection is not None:
            self._drop(self._connection)
            self._serving.unwanted(call)

    def _opened(self, connection: Connection) -> None:
        """More of it, while its first token has not come."""
        way = self._call.way
        try:
            first = way.caller.opened(connection, self._events)
        except Failed as failed:
            way.caller.health.busy -= 1
            self._drop(connection)
            self._failed(connection, failed)
        else:
            if first:
                self._go_on(connection, first)

    def _go_on(self, connection: Connection, first: bytes) -> None:
        way, metrics = self._call.way, self._serving.metrics
        way.caller.health.busy -= 1
        way.caller.passed()
        way.answered[0] += 1
        late = self._reply.now() - self._since
        metrics.first.note(late, way.target.provider)
        due = self._since + way.caller.told.total
        live = Live(way.target, way.caller, connection, self._events, first, self._since, due, late)
        self._relay = Relay(live, self._reply, metrics, self._ended)
        self._relay.begin()

    def _ended(self) -> None:
        self._relay = None
        self._serving.streamed(self._call, self._call.way.target, self._events)
        self._over()

    def _drop(self, connection: Connection) -> None:
        connection.told = None
        self._connection = None
        self._call.way.caller.drop(connection)
