"""The ingress: hosts, paths, limits and streaming, and which workload answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from seaway.model.names import Name

GRPC = "grpc"
"""A port of this name speaks gRPC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """So many in `per`; `burst` more at once."""

    count: float
    per: timedelta = timedelta(seconds=1)
    burst: int = 0
    key: Literal["ip"] = "ip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Limits of a proxied request (R13, R14, R19, R20)."""

    connect: timedelta = timedelta(seconds=5)
    response: timedelta = timedelta(seconds=30)
    """Until the head of the answer, and between two pieces of it."""
    idle: timedelta = timedelta(seconds=3600)
    """For a websocket or stream in which nothing is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """Requests under a path go to a workload."""

    path: str
    to: Name
    port: str = "http"
    rate: Rate | None = None
    body: int = 1_000_000
    """Largest request body in bytes."""
    timeouts: Timeouts = Timeouts()
    stream: bool = False
    """Server-sent events: neither buffered nor compressed (R21)."""
    websocket: bool = False
    cache: timedelta | None = None
    """Cache-Control for static files that carry no hash in their name."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def upstream(self) -> str:
        """What the proxy calls those that answer."""
        return upstream_name(self.to, self.port)


STAND_IN = Name("acme")
"""The workload that signs certificates in place of an authority, on the reader's own machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acme:
    """Where the certificate of a site comes from (RFC 8555)."""

    directory: str
    """Address of the authority's directory; empty for the stand-in on this machine."""
    email: str = ""
    """Whom the authority may write to."""
    ca: str = ""
    """A PEM file with the authorities by which the directory itself is trusted; the usual ones
    where it is empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """One host of the ingress and its routes, longest path first."""

    host: str
    routes: tuple[Route, ...]
    tls: Literal["off", "local", "auto", "files", "acme"] = "off"
    certificate: str = ""
    """With `files`: a PEM file with chain and key."""
    acme: Acme | None = None
    """With `acme`: whom to ask."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Sent with every answer; security headers by default (R190)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Upstream:
    """A balanced port of a workload as the proxy must know it."""

    workload: Name
    port: str
    """One called `grpc` is spoken to by gRPC: HTTP/2, each call to another instance."""
    check: str = ""
    """Path for the proxy's own health question; of gRPC the service, after a `/`; empty for a
    connection only."""
    balance: Literal["leastconn", "roundrobin"] = "leastconn"
    replicas: int = 1
    """Most instances expected at once, new and old together."""
    failures: int = 3
    """Failed connections in a row that take an instance out at once (R6)."""

    @property
    def name(self) -> str:
        """What the proxy calls it; most workloads have one, and it is called as they are."""
        return upstream_name(self.workload, self.port)


def upstream_name(workload: Name, port: str) -> str:
    """Of the upstream that a port of a workload belongs to."""
    return f"{workload}.{GRPC}" if port == GRPC else workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Routing:
    """Everything the proxy of a stack must know, but for addresses."""

    sites: tuple[Site, ...] = ()
    upstreams: tuple[Upstream, ...] = ()
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose X-Forwarded-For is believed (R12, R26)."""
