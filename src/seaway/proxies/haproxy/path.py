"""Path: which route a request takes, and the limits of that route."""

from collections.abc import Iterator

from seaway.model.route import Route, Routing, Site
from seaway.proxies.haproxy.body import body_rules
from seaway.proxies.haproxy.limit import rules
from seaway.proxies.haproxy.patience import patience
from seaway.proxies.haproxy.syntax import quoted

RULE = "  http-request"
WEBSOCKET = "{ req.hdr(upgrade) -m str -i websocket }"


def route_lines(routing: Routing) -> Iterator[str]:
    """For each site its routes, the longest path first, and then what holds on each of them."""
    for number, site in enumerate(routing.sites):
        yield f"\n  # {site.host}"
        for position, route in _ordered(site):
            yield from _taken(number, position, route)
    yield f"{RULE} deny deny_status 404 unless {{ var(txn.route) -m found }}"
    for number, site in enumerate(routing.sites):
        for position, route in _ordered(site):
            yield from _held(site, f"{number}.{position}", route)


def on(route: str) -> str:
    """The condition that a request took that route."""
    return f"if {{ var(txn.route) -m str {route} }}"


def _ordered(site: Site) -> list[tuple[int, Route]]:
    return sorted(enumerate(site.routes), key=lambda each: -len(each[1].path))


def _taken(number: int, position: int, route: Route) -> Iterator[str]:
    """`/api` is taken by `/api` and `/api/x`, not by `/apix`."""
    free = f"{{ var(txn.site) -m str {number} }} !{{ var(txn.route) -m found }}"
    choice = f"{RULE} set-var(txn.route) str({number}.{position}) if {free}"
    path = route.path.rstrip("/")
    if not path:
        yield choice
        return
    yield f"{choice} {{ var(txn.path) -m str {quoted(path)} }}"
    yield f"{choice} {{ var(txn.path) -m beg {quoted(path + '/')} }}"


def _held(site: Site, name: str, route: Route) -> Iterator[str]:
    when = on(name)
    yield f"\n  # {site.host}{route.path} to {route.to}"
    yield f"{RULE} set-var(txn.to) str({route.upstream}) {when}"
    if route.rate:
        yield from rules(name, route.rate, when)
    yield from body_rules(route, when)
    if route.stream:
        yield f"{RULE} del-header accept-encoding {when}"
    other = f"!{WEBSOCKET}" if route.websocket else ""
    yield f"{RULE} del-header upgrade {when} {other}".rstrip()
    yield from patience(route.upstream, when)
