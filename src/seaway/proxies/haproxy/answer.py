"""Answer: what is added to answers on their way out."""

from collections.abc import Iterator, Mapping

from seaway.model.route import Route, Routing
from seaway.proxies.haproxy.page import MARK
from seaway.proxies.haproxy.path import on
from seaway.proxies.haproxy.syntax import formatted, quoted

RULE = "  http-after-response"
DEFAULT_HEADERS: Mapping[str, str] = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Content-Security-Policy": "frame-ancestors 'self'; base-uri 'self'; object-src 'none'",
}
"""Where neither the site nor the application says otherwise (R190). An empty value in the stack
file leaves one out."""
OPEN = "x-seaway-cache"
"""By this header a file server says that it has nothing against another Cache-Control."""
HSTS = "max-age=31536000"
HSTS_LOCAL = "max-age=86400"
"""By a certificate of our own: a year of it would outlive the experiment."""
LOOPBACK = "-m reg " + quoted(r"(^|\.)localhost$|^127\.|^\[?::1\]?$")
"""HSTS counts for every port of a name: it must not lock up the reader's other projects."""


def answer_lines(routing: Routing) -> Iterator[str]:
    """Headers for security and finding, and the right type for the pages of the proxy itself."""
    yield "\n  # What every answer carries."
    yield f"  http-response del-header {MARK}"
    yield f"  http-response set-var(txn.open) bool(true) if {{ res.hdr({OPEN}) -m found }}"
    yield f"  http-response del-header {OPEN}"
    yield f"{RULE} set-header X-Request-ID %[var(txn.id)]"
    page = f"{{ res.hdr({MARK}) -m found }}"
    html = "{ var(txn.form) -m str html }"
    yield f'{RULE} set-header Content-Type "text/html; charset=utf-8" if {page} {html}'
    yield f"{RULE} set-header Cache-Control no-store if {page}"
    yield f"{RULE} set-header Retry-After %[var(txn.wait)] if {page} {{ var(txn.wait) -m found }}"
    yield f"{RULE} del-header {MARK}"
    yield f"{RULE} del-header server"
    for number, site in enumerate(routing.sites):
        yield from _site_headers(number, site.headers)
        if site.tls != "off":
            here = f"if {{ var(txn.site) -m str {number} }} {{ var(txn.proto) -m str https }}"
            age = HSTS_LOCAL if site.tls == "local" else HSTS
            far = f"!{{ var(txn.host) {LOOPBACK} }}"
            yield f"{RULE} set-header Strict-Transport-Security {age} {here} {far}"
        for position, route in enumerate(site.routes):
            yield from _route_headers(f"{number}.{position}", route)


def _route_headers(name: str, route: Route) -> Iterator[str]:
    when = on(name)
    if route.cache is not None:
        kept = f'"public, max-age={round(route.cache.total_seconds())}"'
        unsaid = "{ status 200 304 } !{ res.hdr(cache-control) -m found }"
        for open_ in ("{ var(txn.open) -m bool }", unsaid):
            yield f"  http-response set-header Cache-Control {kept} {when} {open_}"
    for header, value in route.headers.items():
        yield f"{RULE} set-header {header} {formatted(value)} {when}"


def _site_headers(number: int, given: Mapping[str, str]) -> Iterator[str]:
    here = f"if {{ var(txn.site) -m str {number} }}"
    said = {name.lower() for name in given}
    for name, value in given.items():
        if value:
            yield f"{RULE} set-header {name} {formatted(value)} {here}"
    for name, value in DEFAULT_HEADERS.items():
        if name.lower() not in said:
            silent = f"!{{ res.hdr({name}) -m found }}"
            yield f"{RULE} set-header {name} {formatted(value)} {here} {silent}"
