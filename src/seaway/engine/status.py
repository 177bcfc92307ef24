"""Status: what is wanted, what is there, and where to reach it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seaway.model.certificate import Certificate
from seaway.model.instance import Instance, Phase
from seaway.model.release import Release
from seaway.model.route import Site
from seaway.model.workload import Role, Workload
from seaway.plan.look import Look
from seaway.plan.verdict import given_up, settled


class Health(StrEnum):
    """A stack or a workload in one word."""

    HEALTHY = "healthy"
    CHANGING = "changing"
    """Not as wanted yet; still serving if it served before."""
    DEGRADED = "degraded"
    """Serves with less than is wanted, or was given up."""
    DOWN = "down"


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadStatus:
    """One workload: how many are wanted and serve, and each instance."""

    name: str
    role: Role | None
    """None for one that the release no longer names."""
    health: Health
    wanted: int
    ready: int
    instances: tuple[Instance, ...]
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """A stack at one moment."""

    stack: str
    environment: str
    health: Health
    release: int
    supervisor: int
    """Its pid; 0 when none lives, and then nothing is mended."""
    addresses: tuple[str, ...]
    """Of the ingress, ready to open."""
    workloads: tuple[WorkloadStatus, ...]
    at: datetime
    certificates: tuple[Certificate, ...] = ()
    """Of hosts whose certificates come from an authority of the world."""


def status(release: Release, seen: Sequence[Instance], supervisor: int, now: datetime) -> Status:
    """Put together what is wanted and what was seen."""
    look = Look(release, seen, now)
    rows = tuple(_workload(look, each) for each in release.workloads)
    return Status(
        stack=release.stack, environment=release.environment, health=_whole(rows),
        release=release.number, supervisor=supervisor, addresses=addresses(release, seen),
        workloads=(*rows, *_others(look)), at=now,
    )  # fmt: skip


def _workload(look: Look, workload: Workload) -> WorkloadStatus:
    mine = look.of(workload.name)
    ready = sum(1 for each in mine if look.available(workload, each))
    lost = given_up(look.release, mine)
    over = [each for each in mine if each.phase is Phase.DEAD]
    finite = workload.role in {Role.JOB, Role.SCHEDULE}
    return WorkloadStatus(
        name=workload.name, role=workload.role, health=_health(look, workload, ready, lost),
        wanted=0 if finite else workload.replicas, ready=0 if finite else ready,
        instances=tuple(mine), reason=over[-1].reason if over else "",
    )  # fmt: skip


def _health(look: Look, workload: Workload, ready: int, lost: Sequence[Instance]) -> Health:
    if settled(look, workload):
        return Health.HEALTHY
    if lost:
        return Health.DEGRADED if ready else Health.DOWN
    return Health.CHANGING


def _whole(rows: Sequence[WorkloadStatus]) -> Health:
    states = {each.health for each in rows}
    if not rows or states == {Health.DOWN}:
        return Health.DOWN
    if Health.DOWN in states or Health.DEGRADED in states:
        return Health.DEGRADED
    return Health.CHANGING if Health.CHANGING in states else Health.HEALTHY


def _others(look: Look) -> tuple[WorkloadStatus, ...]:
    known = {each.name for each in look.release.workloads}
    names = sorted({each.workload for each in look.seen if not each.phase.over} - known)
    return tuple(
        WorkloadStatus(
            name=name, role=None, health=Health.CHANGING, wanted=0,
            ready=0, instances=tuple(look.live(name)),
        )
        for name in names
    )  # fmt: skip


def addresses(release: Release, seen: Sequence[Instance]) -> tuple[str, ...]:
    """Where the ingress answers, the first site as a name every browser finds on this machine."""
    proxies = {each.name for each in release.workloads if each.role is Role.PROXY}
    live = [each for each in seen if each.workload in proxies and not each.phase.over]
    if not live or not release.routing.sites:
        return ()
    return tuple(_address(site, live[-1]) for site in release.routing.sites)


def _address(site: Site, proxy: Instance) -> str:
    scheme = "http" if site.tls == "off" else "https"
    address = proxy.addresses.get(scheme)
    if address is None:
        return f"{scheme}://{site.host}"
    host = "localhost" if address.host in {"127.0.0.1", "0.0.0.0"} else site.host  # noqa: S104
    return f"{scheme}://{host}:{address.port}"
