"""What this machine has for a stack: room on the disk, rights, free ports."""

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from seaway.engine.doctor import Machine, Taken
from seaway.errors import PartMissing
from seaway.model.instance import Instance
from seaway.model.release import Release
from seaway.model.workload import Role, Server
from seaway.targets.local.ports import Ports, free, holder
from seaway.targets.local.premises import Shelf
from seaway.targets.local.state import StateFolder

FOR_OTHERS = 0o077
"""Rights of group and others."""


def machine(release: Release, seen: Sequence[Instance], state: StateFolder) -> Machine:
    """Look at what a start would need; changes nothing."""
    folder = next(each for each in (state.root, *state.root.parents) if each.is_dir())
    return Machine(
        free=shutil.disk_usage(folder).free, folder=str(state.root),
        writable=os.access(folder, os.W_OK | os.X_OK), open_to_others=_open(state),
        taken=(*_wished(release, seen, state), *_kept(release, seen, state)),
    )  # fmt: skip


def versions(release: Release) -> tuple[str, ...]:
    """The servers that the release asks for, as they are installed: name, version and origin."""
    servers = [each.program for each in release.workloads if isinstance(each.program, Server)]
    shelf = Shelf()
    found: set[str] = set()
    for server in servers:
        with suppress(PartMissing):  # told as a finding
            one = shelf.found(server)
            found.add(f"{server.part} {one.version} ({one.origin})")
    return tuple(sorted(found))


def _open(state: StateFolder) -> bool:
    """Whether somebody else may read what must be secret."""
    files = (state.vault, state.vault.with_name(f"{state.vault.name}.key"), state.ledger)
    return any(each.exists() and each.stat().st_mode & FOR_OTHERS for each in files)


def _wished(release: Release, seen: Sequence[Instance], state: StateFolder) -> Iterator[Taken]:
    """Ports of the proxy. The first time it takes the next one where one is taken."""
    given = Ports(state).given()
    for each in release.workloads:
        if each.role is Role.PROXY and not _alive(seen, each.name):
            for name in needed(release):
                wanted = each.ports[name]
                port = given.get(f"{each.name}/{name}/0 for {wanted}", 0)
                if not free(port or wanted) and _privileged(port or wanted):
                    by = holder(port or wanted)
                    yield Taken(port=port or wanted, workload=each.name, by=by, fixed=port > 0)


def needed(release: Release) -> tuple[str, ...]:
    """The ports that the proxy opens for these sites."""
    secure = any(site.tls != "off" for site in release.routing.sites)
    return ("http", "https") if secure else ("http",)


def _privileged(port: int) -> bool:
    """Whether this user may listen there at all; else another port is taken without ado."""
    lowest = int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text())
    return port >= lowest or os.getuid() == 0


def _kept(release: Release, seen: Sequence[Instance], state: StateFolder) -> Iterator[Taken]:
    """Ports of stores, which are the same for ever."""
    stores = {each.name for each in release.workloads if each.role is Role.STORE}
    for key, port in Ports(state).given().items():
        workload = key.partition("/")[0]
        if workload in stores and not _alive(seen, workload) and not free(port):
            yield Taken(port=port, workload=workload, by=holder(port), fixed=True)


def _alive(seen: Sequence[Instance], workload: str) -> bool:
    return any(each.workload == workload and each.phase.running for each in seen)
