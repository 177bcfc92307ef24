"""Front: what happens to a request from outside before an upstream is chosen."""

from collections.abc import Iterator
from datetime import timedelta

from seaway.model.route import Routing
from seaway.proxies.engine import Setting
from seaway.proxies.haproxy.answer import answer_lines
from seaway.proxies.haproxy.body import COUNTED, body_answer
from seaway.proxies.haproxy.calls import called
from seaway.proxies.haproxy.inner import REPEATABLE, failing, once, requested
from seaway.proxies.haproxy.log import ACCESS_LOG
from seaway.proxies.haproxy.page import MARK, page
from seaway.proxies.haproxy.path import route_lines
from seaway.proxies.haproxy.syntax import milliseconds, quoted

RULE = "  http-request"
LIVE, READY = "/-/live", "/-/ready"
"""Answered by the ingress itself (R17). No application has paths under `/-/`."""
CHALLENGE = "/.well-known/acme-challenge/"
CHALLENGES = "challenges.map"
"""Path and answer in each line; the running proxy is told of new ones."""
LONGEST_URI = 8192
PATIENCE = timedelta(seconds=10)
"""A client that waits for a slow answer says nothing meanwhile: it is given longer than that."""
HOPS = 3
"""Trusted proxies one behind the other, as a CDN before a balancer (R26)."""


def public_frontend(routing: Routing, setting: Setting) -> Iterator[str]:
    """The one way in."""
    yield "\nfrontend public"
    yield from _binds(routing, setting)
    longest = max(route.timeouts.response for site in routing.sites for route in site.routes)
    yield f"  timeout client {milliseconds(longest + PATIENCE)}"
    yield "  option idle-close-on-response"
    yield f"  log-format {ACCESS_LOG}"
    yield from _who(routing)
    yield from _what(setting)
    yield from _own_paths(routing)
    yield from _hosts(routing, setting)
    yield from _challenges(routing, setting)
    yield from _secured(routing, setting)
    yield from route_lines(routing)
    yield from _forwarded()
    yield body_answer()
    yield from answer_lines(routing)
    yield from called(routing)
    yield f"  use_backend %[var(txn.to)].once if {COUNTED}"
    for each in requested(routing):
        here = f"{{ var(txn.to) -m str {each.workload} }}"
        yield f"  use_backend {once(each.workload)} if {here} {failing(each.workload)}"
    yield f"  use_backend %[var(txn.to)] if {REPEATABLE}"
    yield "  use_backend %[var(txn.to)].once"


def _binds(routing: Routing, setting: Setting) -> Iterator[str]:
    yield f"  bind {setting.http.host}:{setting.http.port}"
    files = [setting.certificates[each.host] for each in routing.sites if each.tls != "off"]
    if setting.aliased:
        files.append(setting.aliased)
    if setting.https and files:
        address = f"{setting.https.host}:{setting.https.port}"
        certificates = " ".join(f"crt {quoted(each)}" for each in dict.fromkeys(files))
        yield f"  bind {address} ssl {certificates} alpn h2,http/1.1"


def _who(routing: Routing) -> Iterator[str]:
    """The client's address: what trusted proxies say of it, else what the kernel says (R12)."""
    yield "\n  # Who asks: only a trusted proxy is believed about that."
    if routing.trusted_proxies:
        yield f"  acl trusted src {' '.join(routing.trusted_proxies)}"
        yield f"{RULE} set-var(txn.relayed) bool(true) if trusted"
        for hop in range(1, HOPS + 1):
            address = f"req.hdr_ip(x-forwarded-for,-{hop})"
            yield f"{RULE} set-src {address} if trusted {{ {address} -m found }}"
    yield f"{RULE} set-var(txn.proto) str(http)"
    yield f"{RULE} set-var(txn.proto) str(https) if {{ ssl_fc }}"
    for proto in ("http", "https"):
        told = f"{{ req.hdr(x-forwarded-proto) -m str {proto} }}"
        yield f"{RULE} set-var(txn.proto) str({proto}) if {{ var(txn.relayed) -m bool }} {told}"


def _what(setting: Setting) -> Iterator[str]:
    """What the log and the rules need to know of the request."""
    yield "\n  # What is asked for, and under which id it is found in every log."
    yield f"{RULE} set-var(txn.id) uuid()"
    good = "{ req.hdr(x-request-id) -m reg ^[A-Za-z0-9._-]{8,128}$ }"
    yield f"{RULE} set-var(txn.id) req.hdr(x-request-id) if {good}"
    yield f"{RULE} set-var(txn.host) req.hdr(host),host_only,lower"
    yield f"{RULE} set-var(txn.authority) req.hdr(host)"
    yield f"{RULE} set-var(txn.path) path,url_dec"
    yield f"{RULE} set-var(txn.user) http_auth_user"
    yield f"{RULE} set-var(txn.agent) req.fhdr(user-agent)"
    yield f"{RULE} set-var(txn.referer) req.fhdr(referer),field(1,?)"
    yield f"{RULE} set-var(txn.told) req.fhdr(x-forwarded-for)"
    yield f"{RULE} set-var(txn.code) str(400)"
    yield f"{RULE} set-var(txn.form) str(json-en)"
    yield f"{RULE} set-var(txn.form) str(json-zh) if {{ req.fhdr(accept-language) -m beg -i zh }}"
    yield f"{RULE} set-var(txn.form) str(html) if {{ req.fhdr(accept) -m sub text/html }}"
    yield f"{RULE} return {page(414, setting.folder)} if {{ url,length gt {LONGEST_URI} }}"
    yield "  # Steps upwards are for programs that make their own paths: no browser sends them."
    upwards = "-m reg " + quoted(r"(^|/)\.{1,2}(/|$)|[[:cntrl:]]")
    yield f"{RULE} return {page(400, setting.folder)} if {{ var(txn.path) {upwards} }}"


def _own_paths(routing: Routing) -> Iterator[str]:
    yield "\n  # The ingress itself: alive, and whether every route has somebody."
    yield "  acl own path -m beg /-/"
    yield f"{RULE} set-log-level silent if own"
    text = "content-type text/plain hdr Cache-Control no-store"
    yield f"{RULE} return status 200 {text} string ok if {{ path {LIVE} }}"
    for name in sorted({route.upstream for site in routing.sites for route in site.routes}):
        empty = f"{{ nbsrv({name}) eq 0 }}"
        yield f'{RULE} return status 503 {text} string "not ready" if {{ path {READY} }} {empty}'
    yield f"{RULE} return status 200 {text} string ok if {{ path {READY} }}"
    yield f"{RULE} deny deny_status 404 if own"


def _hosts(routing: Routing, setting: Setting) -> Iterator[str]:
    yield "\n  # Which site."
    for number, site in enumerate(routing.sites):
        names = (site.host, *(setting.aliases if number == 0 else ()))
        here = " ".join(quoted(name.lower()) for name in dict.fromkeys(names))
        yield f"{RULE} set-var(txn.site) str({number}) if {{ var(txn.host) -m str {here} }}"
    yield f"{RULE} deny deny_status 421 unless {{ var(txn.site) -m found }}"


def _challenges(routing: Routing, setting: Setting) -> Iterator[str]:
    """What an authority asks to see whose host this is (RFC 8555, 8.3), before any redirect."""
    if not any(site.acme for site in routing.sites):
        return
    yield "\n  # An authority asks whose host this is; what is not in the map was not asked for."
    known = f"path,map({setting.folder}/{CHALLENGES})"
    text = "content-type application/octet-stream hdr Cache-Control no-store"
    yield (
        f"{RULE} return status 200 {text} lf-string {quoted(f'%[{known}]')} "
        f"if {{ path -m beg {CHALLENGE} }} {{ {quoted(known)} -m found }}"
    )


def _secured(routing: Routing, setting: Setting) -> Iterator[str]:
    """Plain requests are sent to the same address over TLS (R23)."""
    if not setting.https:
        return
    port = "" if setting.https.port == 443 else f":{setting.https.port}"  # noqa: PLR2004 -- https
    for number, site in enumerate(routing.sites):
        if site.tls != "off":
            plain = "{ var(txn.proto) -m str http }"
            yield (
                f"{RULE} redirect prefix https://%[var(txn.host)]{port} code 308 "
                f"if {{ var(txn.site) -m str {number} }} {plain}"
            )


def _forwarded() -> Iterator[str]:
    """What upstreams are told of the client (R22); what it says of itself is taken away."""
    yield "\n  # What upstreams are told."
    for name in ("forwarded", "x-forwarded-server", "proxy", MARK):
        yield f"{RULE} del-header {name}"
    yield f"{RULE} set-header X-Request-ID %[var(txn.id)]"
    yield f"{RULE} set-header X-Real-IP %[src]"
    yield f"{RULE} set-header X-Forwarded-For %[src]"
    yield f"{RULE} set-header X-Forwarded-Proto %[var(txn.proto)]"
    yield f"{RULE} set-header X-Forwarded-Host %[var(txn.authority)]"
