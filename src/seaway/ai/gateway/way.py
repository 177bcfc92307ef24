"""Way: what is the same for all requests of a client that are routed alike, found once."""

import msgspec

from seaway.ai.gateway.calling import Caller
from seaway.ai.gateway.limits import Scopes
from seaway.ai.gateway.metrics import Cell
from seaway.ai.gateway.routing import NO_PRICE, Decision
from seaway.ai.gateway.settings import Price, Target
from seaway.ai.gateway.usage import Account


class Way(msgspec.Struct, gc=False):
    """From a client to the first provider that would be asked."""

    client: str
    decision: Decision
    target: Target
    caller: Caller
    scopes: Scopes
    """The limits that hold for the client."""
    dearest: Price
    price: Price
    account: Account
    decided: Cell
    answered: Cell


def spend(price: Price, given: int, said: int) -> int:
    """Millionths: a price is for a million tokens."""
    return 0 if price is NO_PRICE else round(price.input * given + price.output * said)
