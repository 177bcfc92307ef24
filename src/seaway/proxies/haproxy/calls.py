"""Calls: the upstreams of gRPC. HTTP/2 on both sides, and each call to another instance.

A client of gRPC opens one connection and keeps it: whoever balances connections leaves all its
calls on one instance. Here a connection is the client's alone, and each call in it is a request.

Connections to instances are kept, too. When an instance dies on one that was used before, HAProxy
tells the client that the call was never begun (REFUSED_STREAM), and clients in Go and Java then
repeat it unasked; only where it may repeat nothing does it say 502, which is UNAVAILABLE. But then
it would not look for another instance either where the first lets nobody in. So calls go through
it twice: what chooses repeats what never left, what sends repeats nothing.
"""

from collections.abc import Iterator

from seaway.model.route import GRPC, Routing, Upstream
from seaway.proxies.engine import Member, Setting
from seaway.proxies.haproxy.inner import (
    KEPT,
    ONCE,
    TRIES,
    UNLOGGED,
    balanced,
    checked,
    direct,
    members,
    once,
    served,
)
from seaway.proxies.haproxy.page import MARK
from seaway.proxies.haproxy.patience import patience
from seaway.proxies.haproxy.syntax import quoted

FRESH = "  max-session-srv-conns 0"
"""With `http-reuse never` and one call at a time: each call over a connection of its own, where
nobody tells which instances there are."""
CHOSEN = "x-seaway-instance"
"""The header by which the one that sends is told who was chosen."""


def call_limits(routing: Routing) -> Iterator[str]:
    """Of the whole process, for connections to instances by HTTP/2, which no others have."""
    if any(each.port == GRPC for each in routing.upstreams):
        yield "  tune.h2.be.max-concurrent-streams 1"


def call_frontends(routing: Routing, setting: Setting) -> Iterator[str]:
    """On the machine itself, without TLS."""
    for upstream in routing.upstreams:
        address = setting.services.get(upstream.name)
        if address and upstream.port == GRPC:
            yield f"\nfrontend service-{upstream.name}"
            yield f"  bind {address.host}:{address.port} proto h2"
            yield FRESH
            yield UNLOGGED
            yield "  http-request set-var(txn.form) str(json-en)"
            yield f"  http-request set-var(txn.to) str({upstream.name})"
            yield from patience(upstream.name, "if")
            yield f"  http-after-response del-header {MARK}"
            yield f"  default_backend {upstream.name}"


def call_backends(routing: Routing, setting: Setting) -> Iterator[str]:
    """Two, as all upstreams have: here one chooses, and the other sends."""
    for upstream in routing.upstreams:
        if upstream.port == GRPC:
            yield "\n# Calls. A call that an instance may have begun is repeated by nobody but its"
            yield "# client, which knows whether it may be; its deadline is passed on as it came."
            if upstream.name in setting.named:
                yield from _unknown(routing, setting, upstream)
            else:
                yield from _chosen(routing, setting, upstream)
                yield from _sent(setting, upstream)


def called(routing: Routing) -> Iterator[str]:
    """From outside: past the choice between what may be repeated and what may not."""
    upstreams = [each for each in routing.upstreams if each.port == GRPC]
    if upstreams:
        yield FRESH
    for upstream in upstreams:
        yield f"  use_backend {upstream.name} if {{ var(txn.to) -m str {upstream.name} }}"


def spot(backend: str, upstream: Upstream, member: Member, sockets: str) -> str:
    """Where an instance is reached from one of the backends of its upstream."""
    if upstream.port != GRPC:
        return direct(upstream, member)
    address = member.addresses[GRPC]
    if backend.endswith(ONCE):
        kept = f"proto h2 pool-max-conn {KEPT} weight {member.weight}"
        return f"{address.host}:{address.port} {kept}"
    asked = f"addr {address.host} port {address.port}"
    socket = _socket(sockets, upstream).replace(" ", "\\ ")  # as its console reads it, too
    return f"unix@{socket} {checked(upstream, member.weight)} {asked}"


def _chosen(routing: Routing, setting: Setting, upstream: Upstream) -> Iterator[str]:
    """503 comes from the one that sends, where it reaches nobody: nothing was begun then."""
    yield f"backend {upstream.name}"
    yield "  retry-on conn-failure 503"
    yield f"  retries {TRIES}"
    yield "  http-reuse always"
    yield f"  http-send-name-header {CHOSEN}"
    yield from balanced(routing, upstream)
    for each in members(setting, upstream):
        yield f"  server {each.instance} {spot(upstream.name, upstream, each, setting.sockets)}"


def _sent(setting: Setting, upstream: Upstream) -> Iterator[str]:
    """How long it may take has been said before."""
    name = once(upstream.name)
    yield f"frontend chosen-{upstream.name}"
    yield f"  bind unix@{quoted(_socket(setting.sockets, upstream))} mode 600 proto h2"
    yield "  http-request set-log-level silent"
    yield "  timeout client 1d"
    yield f"  default_backend {name}"
    yield f"backend {name}"
    yield "  retry-on empty-response"
    yield "  retries 0"
    yield "  http-reuse always"
    yield "  timeout server 1d"
    yield f"  http-request set-var(txn.chosen) req.hdr({CHOSEN})"
    yield f"  http-request del-header {CHOSEN}"
    yield "  use-server %[var(txn.chosen)] if { var(txn.chosen) -m found }"
    for each in members(setting, upstream):
        yield f"  server {each.instance} {spot(name, upstream, each, setting.sockets)}"


def _unknown(routing: Routing, setting: Setting, upstream: Upstream) -> Iterator[str]:
    """Which of the two a call takes makes no difference."""
    for name in (upstream.name, once(upstream.name)):
        yield f"backend {name}"
        yield "  retry-on conn-failure"
        yield f"  retries {TRIES}"
        yield "  http-reuse never"
        yield from served(routing, setting, upstream)


def _socket(sockets: str, upstream: Upstream) -> str:
    return f"{sockets}/{upstream.name}.sock"
