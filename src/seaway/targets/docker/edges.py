"""Edges: who talks to whom. Each pair gets a network in which nobody else is."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.text import Host
from seaway.model.workload import Command, Role, Workload


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edge:
    """A network of one stack."""

    user: Name
    provider: Name
    """The same as `user`: its own network, where it is alone with its copies."""
    closed: bool = True
    """Whether it leads nowhere else: what is in it cannot reach the world."""
    published: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """What it is called by."""
        return (self.user,) if self.user == self.provider else (self.user, self.provider)


def edges(release: Release) -> tuple[Edge, ...]:
    """All networks that a release needs, in a fixed order."""
    pairs = sorted({pair for each in release.workloads for pair in _pairs(release, each)})
    found = [Edge(user=user, provider=provider) for user, provider in pairs]
    busy = {name for pair in pairs for name in pair}
    for each in release.workloads:
        open_ = leads_out(each)
        if open_ or each.name not in busy or _several(each):
            found.append(Edge(user=each.name, provider=each.name, closed=not open_))
    return tuple(found)


def mine(release: Release, name: Name) -> tuple[Edge, ...]:
    """Those that a workload is in; the first is the one in which Seaway and the proxy find it."""
    proxy = proxy_of(release)
    found = [each for each in edges(release) if name in {each.user, each.provider}]
    before = (proxy.name, name) if proxy else ()
    return tuple(sorted(found, key=lambda each: (each.user, each.provider) != before))


def aliases(release: Release, edge: Edge, name: Name, slot: int = 0) -> tuple[str, ...]:
    """The names under which an instance is found in one of the networks of its workload.

    The proxy has there the names of all for which it stands, a member of a store one of its own.
    """
    user, proxy, own = release.find(edge.user), proxy_of(release), release.find(name)
    if own and own.role is Role.STORE:
        return (name, member(name, slot))
    if own and own.balanced and proxy and name == edge.user and name != edge.provider:
        return ()  # who answers it there finds it by the proxy, which has this name elsewhere
    if proxy is None or name != proxy.name or user is None or edge.provider != proxy.name:
        return (name,)
    return (name, *(each.name for each in _used(release, user) if each.balanced))


def member(store: Name, slot: int) -> str:
    """The name of one member of a store; no workload can be called so."""
    return f"{slot}.{store}"


def proxy_of(release: Release) -> Workload | None:
    """The one way in, if there is one."""
    return next((each for each in release.workloads if each.role is Role.PROXY), None)


def leads_out(workload: Workload) -> bool:
    """Whether it may reach the world: what people wrote, and whom people reach."""
    return isinstance(workload.program, Command) or workload.role is Role.PROXY


def _several(workload: Workload) -> bool:
    """Whether its instances speak to each other."""
    return workload.role is Role.STORE and workload.replicas > 1


def _pairs(release: Release, workload: Workload) -> Iterator[tuple[Name, Name]]:
    proxy = proxy_of(release)
    for each in _used(release, workload):
        yield workload.name, proxy.name if proxy and each.balanced else each.name
    if proxy and workload.name == proxy.name:
        served = {each.workload for each in release.routing.upstreams}
        yield from ((proxy.name, name) for name in served if release.find(name))


def _used(release: Release, workload: Workload) -> Sequence[Workload]:
    """Those it is told the address of, and those it waits for that can be spoken to."""
    texts = workload.env.values()
    told = {hole.workload for text in texts for hole in text.holes if isinstance(hole, Host)}
    names = (told | set(workload.uses)) - {workload.name}
    return [
        each for each in release.workloads
        if each.name in names and each.ports and each.role is not Role.PROXY
    ]  # fmt: skip
