"""Agreement: settings that are written in several places and must fit together (R105)."""

import re
from collections.abc import Iterator, Mapping, Sequence

from seaway.engine.jobs import VARIABLE as QUEUE
from seaway.engine.jobs import queue_of, written
from seaway.model.finding import Finding, Place, Severity
from seaway.model.route import Route, Routing, Site
from seaway.model.stack import Stack
from seaway.model.workload import Build, Command, Server, Workload

SHARED = re.compile(r"(?:^|_)(?:ENCRYPTION|JWT|SIGNING)(?:_[A-Z0-9]+)*$")
"""What one service seals or signs with this, another opens or believes."""
ORIGINS = frozenset({"CORS_ORIGIN", "CORS_ORIGINS", "ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGINS"})
BASES = frozenset({"API_BASE", "API_BASE_PATH", "API_PREFIX", "VITE_API_BASE"})
SAME_MACHINE = frozenset({"localhost", "127.0.0.1", "[::1]"})
_HOST = re.compile(r"^https?://(\[[^\]]+\]|[^/:]+)")
_SECOND = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})
"""Before a country these are not the owner's: `example.com.cn`."""


def disagreements(
    stack: Stack, workloads: Sequence[Workload], routing: Routing
) -> Iterator[Finding]:
    """Everything written twice that does not fit, each as a warning where it is written."""
    yield from _queues(stack, workloads)
    yield from _keys(stack, workloads)
    own = [each for each in workloads if isinstance(each.program, Command)]
    for each in own if routing.sites else ():
        for variable, text in each.env.items():
            if variable in ORIGINS:
                yield from _origins(stack, each, variable, routing.sites)
            if variable in BASES and text.written.startswith("/"):
                yield from _base(stack, each, variable, routing.sites)


def _queues(stack: Stack, workloads: Sequence[Workload]) -> Iterator[Finding]:
    """Services that share a database and name different queues."""
    stores = {
        each.name for each in workloads
        if isinstance(each.program, Server) and each.program.part == "postgres"
    }  # fmt: skip
    for store in sorted(stores):
        named = [(each, queue_of(each)) for each in workloads if store in each.uses]
        users = [(each, queue) for each, queue in named if queue]
        for each, queue in users[1:]:
            first, other = users[0]
            if queue != other:
                facts = {"first": first.name, "queue": other, "second": each.name,
                         "other": queue, "store": store, "variable": QUEUE}  # fmt: skip
                yield _warning("SW810", written(stack, each, QUEUE), facts)


def _keys(stack: Stack, workloads: Sequence[Workload]) -> Iterator[Finding]:
    """Services of one source that take the same key from different places."""
    first: dict[tuple[str, str], Workload] = {}
    for each in workloads:
        build = each.program.build if isinstance(each.program, Command) else None
        for variable, text in each.env.items():
            if build is None or not SHARED.search(variable.removesuffix("_KEY")):
                continue
            other = first.setdefault((_project(build), variable), each)
            if other.env[variable] != text:
                facts = {"variable": variable, "first": other.name, "second": each.name}
                yield _warning("SW815", written(stack, each, variable), facts)


def _project(build: Build) -> str:
    """Sources side by side belong together: `stacks/aixsss/api` and `stacks/aixsss/worker`."""
    return build.folder.rpartition("/")[0]


def _origins(
    stack: Stack, workload: Workload, variable: str, sites: Sequence[Site]
) -> Iterator[Finding]:
    """Browsers are let in from an origin that has nothing to do with any host of the ingress."""
    domains = {_domain(each.host) for each in sites}
    for origin in re.split(r"[,\s]+", workload.env[variable].written):
        found = _HOST.match(origin)
        if found and found[1] not in SAME_MACHINE and _domain(found[1]) not in domains:
            hosts = ", ".join(each.host for each in sites)
            facts = {"variable": variable, "origin": origin, "hosts": hosts}
            yield _warning("SW816", written(stack, workload, variable), facts)


def _domain(host: str) -> str:
    labels = host.lower().split(".")
    shared = len(labels[-1]) == len("cn") and labels[-2:-1] and labels[-2] in _SECOND
    return ".".join(labels[-3:] if shared else labels[-2:])


def _base(
    stack: Stack, workload: Workload, variable: str, sites: Sequence[Site]
) -> Iterator[Finding]:
    """A path under which the API is looked for, and no host has a route for it but that of `/`."""
    base = workload.env[variable].written.rstrip("/")
    routes = [route for site in sites for route in site.routes]
    if base and not any(_leads(route, base) for route in routes):
        paths = ", ".join(sorted({each.path for each in routes}))
        facts = {"variable": variable, "base": base, "paths": paths}
        yield _warning("SW817", written(stack, workload, variable), facts)


def _leads(route: Route, base: str) -> bool:
    path = route.path.rstrip("/")
    return bool(path) and f"{base}/".startswith(f"{path}/")


def _warning(code: str, at: Place, facts: Mapping[str, object]) -> Finding:
    return Finding(code=code, at=at, severity=Severity.WARNING, facts=facts)
