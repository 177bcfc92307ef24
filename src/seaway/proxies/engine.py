"""Engine: what every proxy engine promises, and what it is told of the machine."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from seaway.model.instance import FULL, Address
from seaway.model.names import Digest, InstanceId, Name
from seaway.model.route import Routing


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """An instance that takes requests."""

    instance: InstanceId
    workload: Name
    addresses: Mapping[str, Address]
    """By the name of the port."""
    weight: int = FULL


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The instances of an upstream where nobody tells of them: all that a name leads to."""

    host: str
    """Has an address for each of them."""
    port: int
    most: int
    """Addresses that are looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a proxy must know beside the routing: the machine it runs on and who is there now."""

    folder: str
    """Where the rendered files will lie; absolute."""
    sockets: str
    """The folder for its control sockets; absolute and private."""
    http: Address
    https: Address | None = None
    services: Mapping[str, Address] = field(default_factory=dict[str, Address])
    """Where other workloads reach an upstream, by its name."""
    members: tuple[Member, ...] = ()
    named: Mapping[str, Named] = field(default_factory=dict[str, Named])
    """By the name of the upstream; it needs a resolver."""
    resolver: str = ""
    """`host:port` of the DNS that knows these names."""
    aliases: tuple[str, ...] = ()
    """Other names of the first site: `localhost` and the like."""
    certificates: Mapping[str, str] = field(default_factory=dict[str, str])
    """PEM file with chain and key, by host; absolute."""
    aliased: str = ""
    """PEM file for the aliases, where the certificate of the first site does not name them."""
    digest: Digest = Digest("")
    """Of the routing; the running proxy can be asked for it."""
    threads: int = 1
    """More than one makes rate limits inexact by as many requests: threads count side by side."""


class Engine(Protocol):
    """Turns a routing into configuration. Another engine needs this one function (R25)."""

    def render(self, routing: Routing, setting: Setting) -> Mapping[str, str]:
        """Files by name inside `setting.folder`; the same input gives the same text."""
        ...
