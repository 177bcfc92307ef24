"""Leave out: a release without what cannot run here."""

from collections.abc import Set as AbstractSet
from dataclasses import replace

from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.route import Routing


def without(release: Release, names: AbstractSet[Name]) -> Release:
    """The release without those workloads, without what uses them, and without routes to either."""
    gone = _with_users(release, names)
    kept = tuple(each for each in release.workloads if each.name not in gone)
    return replace(release, workloads=kept, routing=_routing(release.routing, gone))


def _with_users(release: Release, names: AbstractSet[Name]) -> frozenset[Name]:
    """Those and everything that uses them, directly or not: it could never start."""
    gone = frozenset(names)
    while True:
        more = {each.name for each in release.workloads if gone & set(each.uses)}
        if more <= gone:
            return gone
        gone |= more


def _routing(routing: Routing, gone: frozenset[Name]) -> Routing:
    sites = tuple(
        replace(site, routes=tuple(route for route in site.routes if route.to not in gone))
        for site in routing.sites
    )
    upstreams = tuple(each for each in routing.upstreams if each.workload not in gone)
    return replace(routing, sites=sites, upstreams=upstreams)
