"""Ingress: the files of a proxy that nobody tells of instances: it finds them by their names."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from seaway.model.instance import Address
from seaway.model.release import Release, routing_digest
from seaway.model.route import Routing, Upstream
from seaway.model.workload import Workload
from seaway.proxies.engine import Named, Setting
from seaway.proxies.haproxy import HAProxy
from seaway.targets.docker.premises import ANYWHERE
from seaway.targets.docker.rendering.surroundings import SECRETS, Inner

FOLDER = "/etc/seaway/ingress"
RUN = "/run/seaway"
RESOLVER = "127.0.0.11:53"
"""The DNS of a container's networks (Docker, networking overview)."""
COPIES = "copies"
"""Of a workload: a name that leads to them, and to nobody who stands before them."""
LEAST_ADDRESSES = 10
"""Looked at for each upstream, so that `docker compose up --scale` needs no other file."""


def copies_of(workload: str) -> str:
    """The name under which the proxy finds the copies of a workload."""
    return f"{workload}.{COPIES}"


def certificate_of(host: str) -> str:
    """The secret with the certificate of a host, its chain and its key."""
    return f"certificate-{host}"


def sealed_hosts(routing: Routing) -> tuple[str, ...]:
    """Hosts that are served by TLS."""
    return tuple(each.host for each in routing.sites if each.tls != "off")


def ingress_files(proxy: Workload, release: Release) -> Mapping[str, str]:
    """By name; all belong into `FOLDER`."""
    routing = _without_authority(release.routing)
    files = HAProxy().render(routing, _setting(proxy, release, routing))
    return {name: text.replace(BY_SEAWAY, "") for name, text in files.items()}


BY_SEAWAY = ", written by Seaway: changes are overwritten"


def _without_authority(routing: Routing) -> Routing:
    """Nobody is there to ask one: all certificates are files."""
    sites = tuple(
        each if each.tls == "off" else replace(each, tls="files", acme=None)
        for each in routing.sites
    )
    return replace(routing, sites=sites)


def _setting(proxy: Workload, release: Release, routing: Routing) -> Setting:
    ports, hosts = proxy.ports, sealed_hosts(routing)
    return Setting(
        folder=FOLDER,
        sockets=RUN,
        http=Address(host=ANYWHERE, port=ports["http"]),
        https=Address(host=ANYWHERE, port=ports["https"]) if hosts else None,
        services=dict(_services(release)),
        named={each.name: _named(each, release) for each in routing.upstreams},
        resolver=RESOLVER,
        aliases=("localhost", f"{release.stack}.localhost", "127.0.0.1", "::1", "[::1]"),
        certificates={each: f"{SECRETS}/{certificate_of(each)}" for each in hosts},
        digest=routing_digest(routing),
    )


def _services(release: Release) -> Iterator[tuple[str, Address]]:
    inner = Inner(release=release).ports
    for each in release.routing.upstreams:
        if (each.workload, each.port) in inner:
            yield each.name, Address(host=ANYWHERE, port=inner[each.workload, each.port])


def _named(upstream: Upstream, release: Release) -> Named:
    workload = release.find(upstream.workload)
    most = workload.scaling.most if workload and workload.scaling else 0
    return Named(
        host=copies_of(upstream.workload),
        port=workload.ports[upstream.port] if workload else 0,
        most=max(LEAST_ADDRESSES, most, upstream.replicas),
    )
