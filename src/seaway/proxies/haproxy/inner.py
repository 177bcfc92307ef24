"""Inner: the upstreams, and the listeners by which other workloads of the stack reach them."""

from collections.abc import Iterator
from datetime import timedelta

from seaway.model.instance import FULL
from seaway.model.route import GRPC, Routing, Upstream
from seaway.proxies.engine import Member, Setting
from seaway.proxies.haproxy.body import COUNTED, FILTER
from seaway.proxies.haproxy.page import MARK
from seaway.proxies.haproxy.path import on
from seaway.proxies.haproxy.patience import patience
from seaway.proxies.haproxy.syntax import formatted, milliseconds
from seaway.wire.grpc import HEALTH, called, health_question

KEPT = 32
"""Idle connections to each instance (R7)."""
TRIES = 5
"""More after the first. A kept connection that ends just when it is used again costs one of them,
and HAProxy takes those first that were used last (R4)."""
BUDGET, FAILURES = 10, 20
"""After so many answers of 500 or more within so many seconds they are taken as they are: who has
too much to do must not be asked six times. A request without any answer is still repeated: an
instance that dies is no sign that the others are busy."""
ONCE = ".once"
UNLOGGED = "  no log"
"""Requests from inside, not even that somebody connected; who is down, the upstreams still say."""
BY_NAME = "resolvers names resolve-prefer ipv4 init-addr none"
REPEATABLE = "METH_GET or METH_HEAD or METH_OPTIONS"
"""Methods that change nothing (RFC 9110, 9.2.1); their bodies, if any, are small."""
COMPRESSED = (
    "text/plain", "text/css", "text/xml", "text/javascript", "application/javascript",
    "application/xml+rss", "application/json",
)  # fmt: skip
"""R9. Of any size: HAProxy chooses before rules can see how long an answer is."""


def service_frontends(routing: Routing, setting: Setting) -> Iterator[str]:
    """On the machine itself: no limits, no redirects, the same health and the same retries."""
    for upstream in requested(routing):
        if address := setting.services.get(upstream.name):
            yield f"\nfrontend service-{upstream.workload}"
            yield f"  bind {address.host}:{address.port}"
            yield "  option idle-close-on-response"
            yield UNLOGGED
            yield "  http-request set-var(txn.form) str(json-en)"
            yield "  http-request set-var(txn.id) uuid()"
            told = "req.hdr(x-request-id)"
            yield f"  http-request set-var(txn.id) {told} if {{ {told} -m found }}"
            yield "  http-request set-header X-Request-ID %[var(txn.id)]"
            yield f"  http-request set-var(txn.to) str({upstream.workload})"
            yield from patience(upstream.workload, "if")
            yield f"  http-after-response del-header {MARK}"
            yield f"  use_backend {once(upstream.workload)} unless {REPEATABLE}"
            yield f"  use_backend {once(upstream.workload)} if {failing(upstream.workload)}"
            yield f"  default_backend {upstream.workload}"


def requested(routing: Routing) -> tuple[Upstream, ...]:
    """Those of HTTP, in which what may be repeated is told by the method."""
    return tuple(each for each in routing.upstreams if each.port != GRPC)


def once(workload: str) -> str:
    """The second backend of an upstream, for requests that must not be sent twice."""
    return workload + ONCE


def failing(workload: str) -> str:
    """Whether an upstream has failed so often lately that its answers are taken as they are."""
    return f"{{ int(1),table_http_fail_rate({workload}) gt {FAILURES} }}"


def backends(routing: Routing, setting: Setting) -> Iterator[str]:
    """Two for each upstream, with the instances that take requests now."""
    for upstream in requested(routing):
        yield "\n# What may be repeated: over kept connections, and elsewhere if an instance dies."
        yield f"backend {upstream.workload}"
        yield "  retry-on conn-failure empty-response 502 503 504"
        yield f"  retries {TRIES}"
        yield f"  stick-table type integer size 1 expire 1m store http_fail_rate({BUDGET}s)"
        yield "  http-request track-sc1 int(1)"
        yield "  http-reuse always"
        yield from served(routing, setting, upstream)
        yield "\n# What may have had an effect: when an upstream dies on a connection that was"
        yield "# used before, HAProxy ends the client's without an answer, and browsers send a"
        yield "# POST again. Over a fresh one it answers: 502. While the upstream fails often, GETs"
        yield "# come here too: they are repeated if an instance dies, but not for a bad answer."
        yield f"backend {once(upstream.workload)}"
        yield "  retry-on conn-failure empty-response"
        yield f"  http-request disable-l7-retry unless {REPEATABLE}"
        yield f"  http-request disable-l7-retry if {COUNTED}"
        yield f"  http-request track-sc1 int(1) table {upstream.workload} if {REPEATABLE}"
        yield "  option http-server-close"
        yield "  http-reuse never"
        yield FILTER
        yield from served(routing, setting, upstream)


def served(routing: Routing, setting: Setting, upstream: Upstream) -> Iterator[str]:
    """What all backends of an upstream have: how it is balanced and asked, and its instances."""
    yield from balanced(routing, upstream)
    if upstream.port != GRPC:
        yield from _compression()
    for member in members(setting, upstream):
        yield f"  server {member.instance} {direct(upstream, member)}"
    if named := setting.named.get(upstream.name):
        where = f"{upstream.workload}- {named.most} {named.host}:{named.port}"
        yield f"  server-template {where} {checked(upstream, FULL)} {BY_NAME}"


def balanced(routing: Routing, upstream: Upstream) -> Iterator[str]:
    """Whose turn it is, how long it may take, and how its instances are asked how they are."""
    yield f"  balance {upstream.balance}"
    yield f"  timeout connect {milliseconds(_connect(routing, upstream))}"
    yield from _timeouts(routing, upstream)
    yield from _check(upstream)


def members(setting: Setting, upstream: Upstream) -> Iterator[Member]:
    """Those instances that have its port."""
    for each in setting.members:
        if each.workload == upstream.workload and upstream.port in each.addresses:
            yield each


def direct(upstream: Upstream, member: Member) -> str:
    """Where an instance is, and how it is kept an eye on."""
    address = member.addresses[upstream.port]
    return f"{address.host}:{address.port} {checked(upstream, member.weight)}"


def _timeouts(routing: Routing, upstream: Upstream) -> Iterator[str]:
    """Those of each route to it; requests from inside the stack keep the defaults."""
    for number, site in enumerate(routing.sites):
        for position, route in enumerate(site.routes):
            if route.upstream == upstream.name:
                when = on(f"{number}.{position}")
                times = route.timeouts
                # HAProxy takes an answer that ends with its connection for a tunnel, too.
                silence = times.idle if route.websocket else times.response
                yield f"  http-request set-timeout server {milliseconds(times.response)} {when}"
                yield f"  http-request set-timeout tunnel {milliseconds(silence)} {when}"


def checked(upstream: Upstream, weight: int) -> str:
    """Asked twice a second, out after two bad answers, back after a good one (R6).

    As many failed connections in a row as the upstream allows take it out at once.
    """
    spoken = "proto h2 " if upstream.port == GRPC else ""
    return (
        f"{spoken}check inter 500ms fall 2 rise 1 "
        f"observe layer4 error-limit {upstream.failures} on-error mark-down "
        f"pool-max-conn {KEPT} weight {weight}"
    )


def _check(upstream: Upstream) -> Iterator[str]:
    yield "  timeout check 2s"
    if upstream.port == GRPC:
        yield from _call_check(upstream.check)
    elif upstream.check:
        yield "  option httpchk"
        yield (
            f"  http-check send meth GET uri {formatted(upstream.check)} ver HTTP/1.1 "
            "hdr Host localhost hdr User-Agent seaway-check"
        )
        # 404 is no reason to leave: while a release renames the path, the instances of one of the
        # two do not know it. Whether an instance may come in, Seaway has asked before.
        yield "  http-check expect status 200-499"


def _call_check(check: str) -> Iterator[str]:
    """By the health protocol: a server that is about to stop says so while it still answers.

    Of its answer, any status is waited for, then all but SERVING are refused.
    """
    if check:
        question = called("seaway", HEALTH, health_question(check.removeprefix("/")))
        yield "  option tcp-check"
        yield "  tcp-check connect"
        yield f"  tcp-check send-binary {question.hex()}"
        yield "  tcp-check expect rbinary 0000000002080[0-3]"
        yield "  tcp-check expect min-recv 1 ! rbinary 0000000002080[023]"


def _compression() -> Iterator[str]:
    yield "  filter compression"
    yield "  compression algo gzip"
    yield f"  compression type {' '.join(COMPRESSED)}"
    # Where it packs, it says Vary itself; 2.6 would say it twice.
    yield "  http-request set-var(txn.packs) bool(true) if { req.hdr(accept-encoding) -m sub gzip }"
    text = f"{{ res.hdr(content-type) -m beg {' '.join(COMPRESSED)} }}"
    unsaid = "!{ var(txn.packs) -m bool } !{ res.hdr(vary) -m sub -i encoding }"
    yield f"  http-response add-header Vary Accept-Encoding if {text} {unsaid}"


def _connect(routing: Routing, upstream: Upstream) -> timedelta:
    """An upstream has one: the longest that any of its routes allows."""
    given = [
        route.timeouts.connect
        for site in routing.sites for route in site.routes if route.upstream == upstream.name
    ]  # fmt: skip
    return max(given, default=timedelta(seconds=5))
