"""Call: one request for a model on its way, and what it holds until it is answered."""

import msgspec

from seaway.ai.gateway.asked import Asked
from seaway.ai.gateway.limits import Grant, Use
from seaway.ai.gateway.reading import Request
from seaway.ai.gateway.routing import Decision
from seaway.ai.gateway.upstream import Failed
from seaway.ai.gateway.way import Way, spend

FREE = Grant(Use())
"""Of who has no limits."""
ONE = Use(requests=1)
_MOST = 10**9
"""Tokens that are reserved for an answer: no model says more, whatever a request asks for."""


class Call(msgspec.Struct):
    """One request on its way."""

    way: Way
    asked: Asked
    request: Request
    expected: int
    """Tokens reserved for an answer whose request gives no limit."""
    used: Use = ONE
    """What it costs, as far as that is known."""
    grant: Grant = FREE
    """What is reserved of the client's limits."""
    room: Grant = FREE
    """What is reserved of the provider's."""
    failed: Failed | None = None
    """How the first try at the first provider ended, where it has been made already."""

    @property
    def client(self) -> str:
        """Who asks, by name."""
        return self.way.client

    @property
    def decision(self) -> Decision:
        """Who is to be asked."""
        return self.way.decision

    def feared(self) -> Use:
        """What it costs at most."""
        asked, output = self.asked, 0
        if asked.path == "/chat/completions":
            output = min(asked.most or self.expected, _MOST)
        return Use(1, asked.tokens + output, spend(self.way.dearest, asked.tokens, output))
