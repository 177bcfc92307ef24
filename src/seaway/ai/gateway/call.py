"""Call: one request for a model on its way, and what it holds until it is answered."""

import msgspec

from seaway.ai.gateway.asked import Asked
from seaway.ai.gateway.front import Request
from seaway.ai.gateway.keys import Client
from seaway.ai.gateway.limits import Grant, Use
from seaway.ai.gateway.routing import Decision
from seaway.ai.gateway.upstream import Failed

FREE = Grant(Use())
"""Of who has no limits."""


class Call(msgspec.Struct):
    """One request on its way."""

    client: Client
    asked: Asked
    decision: Decision
    request: Request
    feared: Use
    """What it costs at most."""
    used: Use = Use(requests=1)
    """What it costs, as far as that is known."""
    grant: Grant = FREE
    """What is reserved of the client's limits."""
    room: Grant = FREE
    """What is reserved of the provider's."""
    failed: Failed | None = None
    """How the first try at the first provider ended, where it has been made already."""
