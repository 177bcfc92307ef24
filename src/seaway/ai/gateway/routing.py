"""Routing: which providers may answer, in which order, and why in that one."""

from collections.abc import Callable, Mapping, Sequence

import msgspec

from seaway.ai.gateway.asked import Asked
from seaway.ai.gateway.settings import Price, Provider, Rule, Settings, Target
from seaway.serving.refusal import Refusal

NO_PRICE = Price()


class Decision(msgspec.Struct, frozen=True):
    """Targets in the order in which they are tried."""

    route: str
    reason: str
    """`order`, `pictures`, `tools`, `length`, `cheapest` or `least-busy`."""
    targets: Sequence[Target]
    cache: float = 0.0
    always: bool = False
    """Whether nothing of a request makes a difference."""


class Routes:
    """All routes. Without any, every provider is asked for the model by the name that was given."""

    def __init__(self, told: Settings) -> None:
        self._routes = told.routes
        self._providers = told.providers
        every = [each for one in told.providers.values() for each in one.prices.values()]
        self._unrouted = _dearest(every)
        self._dearest = {
            name: _dearest([each for to in route.to if (each := self.price(to)) is not NO_PRICE])
            for name, route in told.routes.items()
        }
        self._always = {
            name: Decision(name, "order", route.to, route.cache, always=True)
            for name, route in told.routes.items()
            if route.to and not route.rules and route.prefer == "order"
        }
        """Where nothing of the request makes a difference."""

    @property
    def names(self) -> list[str]:
        """The models that clients may name."""
        return list(self._routes)

    def decide(self, asked: Asked, busy: Callable[[str], int]) -> Decision:
        """For a request; `busy` tells the calls under way at a provider.

        Raises:
            Refusal: 404, there is no such model.
        """
        name = asked.head.model
        if always := self._always.get(name):
            return always
        if not self._routes:
            targets = [Target(each, name) for each in self._providers]
            return Decision("any", "order", targets)
        route = self._routes.get(name)
        if route is None:
            known = ", ".join(sorted(self._routes))
            message = f"The model `{name[:80]}` does not exist. There are: {known}."
            raise Refusal(404, "model_not_found", message)
        if not route.to:
            message = f"No provider of `{name}` has a key in this environment."
            raise Refusal(503, "no_provider", message)
        rule = next((each for each in route.rules if _fits(each, asked)), None)
        targets = list(rule.to if rule else route.to)
        reason = _reason(rule) if rule else route.prefer
        if route.prefer == "cheapest":
            targets.sort(key=lambda each: _cost(self._providers, each, asked))
        elif route.prefer == "least-busy":
            targets.sort(key=lambda each: busy(each.provider))
        return Decision(name, reason, targets, route.cache)

    def price(self, target: Target) -> Price:
        """Of a target's tokens."""
        return self._providers[target.provider].prices.get(target.model, NO_PRICE)

    def dearest(self, model: str) -> Price:
        """What a request may cost at most: for the reservation."""
        return self._dearest.get(model, self._unrouted)


def _dearest(prices: Sequence[Price]) -> Price:
    if not prices:
        return NO_PRICE
    return Price(max(each.input for each in prices), max(each.output for each in prices))


def _fits(rule: Rule, asked: Asked) -> bool:
    return (
        (rule.pictures is None or rule.pictures == asked.pictures)
        and (rule.tools is None or rule.tools == asked.tools)
        and asked.tokens >= rule.longer_than
    )


def _reason(rule: Rule) -> str:
    if rule.pictures is not None:
        return "pictures"
    return "tools" if rule.tools is not None else "length"


def _cost(providers: Mapping[str, Provider], target: Target, asked: Asked) -> float:
    price = providers[target.provider].prices.get(target.model, NO_PRICE)
    return price.input * asked.tokens + price.output * (asked.most or asked.tokens)
