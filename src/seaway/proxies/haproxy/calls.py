"""Calls: the upstreams of gRPC. HTTP/2 on both sides, and each call to another instance.

A client of gRPC opens one connection and keeps it: whoever balances connections leaves all its
calls on one instance. Here a connection is the client's alone, and each call in it is a request.
"""

from collections.abc import Iterator

from seaway.model.route import GRPC, Routing
from seaway.proxies.engine import Setting
from seaway.proxies.haproxy.inner import TRIES, once, served
from seaway.proxies.haproxy.page import MARK
from seaway.proxies.haproxy.patience import patience

FRESH = "  max-session-srv-conns 0"
"""With `http-reuse never` and one call at a time: each call over a connection of its own. When an
instance dies on one that was used before, HAProxy tells the client that the call was never begun
(REFUSED_STREAM), and clients in Go and Java then repeat it unasked. Over a fresh one it says 502,
which is UNAVAILABLE: to repeat that is for the application to say."""


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
            yield "  http-request set-log-level silent"
            yield "  http-request set-var(txn.form) str(json-en)"
            yield f"  http-request set-var(txn.to) str({upstream.name})"
            yield from patience(upstream.name, "if")
            yield f"  http-after-response del-header {MARK}"
            yield f"  default_backend {upstream.name}"


def call_backends(routing: Routing, setting: Setting) -> Iterator[str]:
    """Two, as all upstreams have; which one a call takes makes no difference."""
    for upstream in routing.upstreams:
        if upstream.port == GRPC:
            yield "\n# Calls. A call that an instance may have begun is repeated by nobody but its"
            yield "# client, which knows whether it may be; its deadline is passed on as it came."
            for name in (upstream.name, once(upstream.name)):
                yield f"backend {name}"
                yield "  retry-on conn-failure"
                yield f"  retries {TRIES}"
                yield "  http-reuse never"
                yield from served(routing, setting, upstream)


def called(routing: Routing) -> Iterator[str]:
    """From outside: past the choice between what may be repeated and what may not."""
    upstreams = [each for each in routing.upstreams if each.port == GRPC]
    if upstreams:
        yield FRESH
    for upstream in upstreams:
        yield f"  use_backend {upstream.name} if {{ var(txn.to) -m str {upstream.name} }}"
