"""Premises: what all that works for one stack on this engine shares."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from seaway.model.names import Name
from seaway.model.workload import Role, Workload
from seaway.ports.clock import Clock
from seaway.ports.vault import Vault
from seaway.targets.docker.belonging import Belonging
from seaway.targets.docker.carried import Carried
from seaway.targets.docker.engine import Engine
from seaway.targets.docker.networks import Networks
from seaway.targets.local.builds import Builds
from seaway.targets.local.ports import HOST, Ports
from seaway.targets.local.process import Identity
from seaway.targets.local.record import Record
from seaway.targets.local.state import StateFolder
from seaway.targets.local.traffic import ServicePorts
from seaway.targets.local.volumes import Volumes

UID = 10001
"""As whom programs run in containers, where Seaway may hand files over to them."""
ANYWHERE = "0.0.0.0"  # noqa: S104 -- inside a container, whose networks say who comes
FIRST_INNER = 14000
"""The first port on which the proxy serves a workload to the others."""


class ImageSource(Protocol):
    """Where images come from."""

    async def ensure(self, workload: Workload) -> str:
        """The image that the workload runs in, by id; built where it is not there.

        Raises:
            StepFailed: it cannot be had.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """One stack on one engine."""

    stack: Name
    state: StateFolder
    clock: Clock
    vault: Vault
    outside: Mapping[str, str]
    """The operator's environment."""
    engine: Engine
    belonging: Belonging
    networks: Networks
    images: ImageSource
    volumes: Volumes
    builds: Builds
    ports: Ports
    services: ServicePorts
    public: str
    """Where the ingress is reached: on all addresses of a host, else on this machine alone."""

    def allotted(self, workload: Workload) -> dict[str, int]:
        """The ports of a new instance: its own, for each has an address of its own.

        The proxy's are also opened on this machine, where others may have them already.
        """
        if workload.role is Role.PROXY:
            return self.ports.allot(workload, 0)
        return dict(workload.ports)

    def run_folder(self, record: Record) -> Path:
        """What is made for one instance alone, in memory, under the same path in its container."""
        return self.state.run(record.id)

    def data(self, record: Record) -> dict[str, Path]:
        """Its volumes by name, under the same paths in its container."""
        return self.volumes.folders(record.workload, record.slot)


def premises_of(
    state: StateFolder, stack: Name, vault: Vault, clock: Clock, outside: Mapping[str, str]
) -> Premises:
    """Those of the stack that a state folder is for, on the engine of this machine."""
    engine, belonging, builds = Engine(), Belonging.of(state, stack), Builds(state, outside)
    services, carried = state.root / "services.json", Carried(state)
    images = carried if carried.there else _Images(engine, state, outside, builds)
    return Premises(
        stack=stack, state=state, clock=clock, vault=vault, outside=outside, engine=engine,
        belonging=belonging, networks=Networks(engine, belonging), volumes=Volumes(state),
        images=images, builds=builds, ports=Ports(state),
        public=ANYWHERE if carried.there else HOST,
        services=ServicePorts(services, ANYWHERE, lambda: inner_port(services)),
    )  # fmt: skip


class _Images:
    """Loaded when the first is needed: to look at what runs takes none."""

    def __init__(
        self, engine: Engine, state: StateFolder, outside: Mapping[str, str], builds: Builds
    ) -> None:  # fmt: skip
        self._engine, self._state = engine, state
        self._outside, self._builds = outside, builds
        self._images: ImageSource | None = None

    async def ensure(self, workload: Workload) -> str:
        if self._images is None:
            from seaway.targets.docker.images.images import Images  # noqa: PLC0415 -- see above

            self._images = Images(
                self._engine, self._state, self._outside, self._builds
            )  # fmt: skip
        return await self._images.ensure(workload)


def owner() -> Identity:
    """As whom containers run: never root, and somebody who can read what Seaway writes for it."""
    if os.getuid() == 0:
        return Identity(uid=UID, gid=UID)
    return Identity(uid=os.getuid(), gid=os.getgid())


def inner_port(file: Path) -> int:
    """The next port of the proxy on which it serves nobody yet."""
    try:
        given: dict[str, int] = json.loads(file.read_text())
    except FileNotFoundError:
        given = {}
    return max(given.values(), default=FIRST_INNER - 1) + 1
