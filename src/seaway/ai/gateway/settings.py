"""Settings: what the gateway is told, as JSON in GATEWAY, with its secrets in variables beside."""

from collections.abc import Mapping
from typing import Literal

import msgspec


class Price(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of a million tokens, in the currency of the spending limit."""

    input: float = 0.0
    output: float = 0.0


class Window(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many in a time; money in millionths."""

    most: int
    per: float


class Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Most that passes through."""

    requests: Window | None = None
    tokens: Window | None = None
    spend: Window | None = None


class Provider(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One who answers. Times are seconds."""

    url: str = ""
    """Base address with its path: `https://api.deepseek.com/v1`."""
    url_from: str = ""
    """The variable that holds the address, where it is not known before."""
    key_from: str = ""
    """The variable that holds its key."""
    private: bool = False
    """Whether it may be in a private network or on this machine; else that is refused."""
    retries: int = 2
    connect: float = 3.0
    first: float = 30.0
    """Until the first token, or the whole of an answer that is not streamed."""
    between: float = 30.0
    """Between two pieces of an answer."""
    total: float = 600.0
    usage_in_streams: bool = True
    """Whether it takes `stream_options`."""
    prices: dict[str, Price] = {}
    """By model."""
    limits: Limits = Limits()
    """Of the provider itself, over all instances; where they are reached, the next is asked."""


class Target(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A provider and a model of it."""

    provider: str
    model: str


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Other targets for requests of a kind; all that is given must fit."""

    to: tuple[Target, ...]
    pictures: bool | None = None
    tools: bool | None = None
    longer_than: int = 0
    """Estimated tokens of the prompt."""


class Route(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where requests for a model of this name go."""

    to: tuple[Target, ...]
    rules: tuple[Rule, ...] = ()
    prefer: Literal["order", "cheapest", "least-busy"] = "order"
    cache: float = 0.0
    """Seconds."""
    prompts: float = 0.0
    """Seconds for which prompts are kept to be looked at; 0 for not at all."""


class Client(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who may ask."""

    key_from: str
    limits: Limits = Limits()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    providers: dict[str, Provider]
    name: str = "gateway"
    """Of the keys in the store, so that several gateways may share one."""
    routes: dict[str, Route] = {}
    """By the name that clients use for the model."""
    limits: Limits = Limits()
    clients: dict[str, Client] = {}
    store_from: str = ""
    """The variable with the address of Redis; empty for a single process without one."""
    pepper_from: str = ""
    """The variable with the secret by which keys of clients are hashed."""
    admin_from: str = ""
    """The variable with the key for `/admin`; empty for no administration."""
    reasoning: Literal["hide", "show"] = "hide"
    body: int = 10_000_000
    """Bytes of the largest request."""
    answer: int = 1024
    """Tokens reserved for an answer whose request gives no limit."""


class Unset(ValueError):  # noqa: N818 -- said as it is
    """A variable that the settings name is not there."""


def settings(environ: Mapping[str, str]) -> Settings:
    """Read and checked. A provider whose key is not there is left out, with its targets.

    Raises:
        msgspec.ValidationError: something is wrong with the form.
        Unset: a variable is missing, or a route names a provider that is not there.
    """
    told = msgspec.json.decode(environ.get("GATEWAY") or "{}", type=Settings)
    named = [each.key_from for each in told.clients.values()]
    named += [each.url_from for each in told.providers.values()]
    for name in (*named, told.store_from, told.pepper_from, told.admin_from):
        if name and not environ.get(name):
            raise Unset(f"the variable {name} is not set")
    for target in (each for route in told.routes.values() for each in _all(route)):
        if target.provider not in told.providers:
            raise Unset(f"a route names the provider {target.provider}, which is not there")
    usable = {
        name: each for name, each in told.providers.items()
        if not each.key_from or environ.get(each.key_from)
    }  # fmt: skip
    if not usable:
        raise Unset("no provider has its key")
    routes = {name: _within(each, usable) for name, each in told.routes.items()}
    return msgspec.structs.replace(told, providers=usable, routes=routes)


def _all(route: Route) -> tuple[Target, ...]:
    return (*route.to, *(each for rule in route.rules for each in rule.to))


def _within(route: Route, usable: Mapping[str, Provider]) -> Route:
    def kept(targets: tuple[Target, ...]) -> tuple[Target, ...]:
        return tuple(each for each in targets if each.provider in usable)

    rules = tuple(msgspec.structs.replace(each, to=kept(each.to)) for each in route.rules)
    return msgspec.structs.replace(
        route, to=kept(route.to), rules=tuple(each for each in rules if each.to)
    )
