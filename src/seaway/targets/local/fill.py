"""Fill: turns a Text into a string, with the addresses and secrets of this moment."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import assert_never
from urllib.parse import quote

from seaway.errors import StepFailed
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.text import Hole, Host, Own, Port, Secret, SecretFile, Text
from seaway.model.workload import Role, Workload
from seaway.ports.vault import Vault
from seaway.targets.leading.leads import LeadFile
from seaway.targets.local import package_files
from seaway.targets.local.ports import HOST, Ports
from seaway.targets.local.record import Record
from seaway.targets.local.state import StateFolder
from seaway.targets.local.traffic import ServicePorts


@dataclass(frozen=True, slots=True, kw_only=True)
class Holes(ABC):
    """Fills the holes of one instance. What is asked for as a file is collected in `files`."""

    vault: Vault
    outside: Mapping[str, str]
    record: Record
    volumes: Mapping[str, Path]
    run_folder: Path
    files: dict[str, str] = field(default_factory=dict[str, str])

    def env(self) -> dict[str, str]:
        """The workload's environment.

        Raises:
            StepFailed: it needs the address of something that is not there.
            UsageError: a secret does not exist.
        """
        return {name: self.fill(text) for name, text in self.record.workload.env.items()}

    def fill(self, text: Text) -> str:
        """The parts joined, each hole filled."""
        return "".join(part if isinstance(part, str) else self._hole(part) for part in text.parts)

    @property
    @abstractmethod
    def _listening(self) -> str:
        """Where the instance itself listens."""

    @abstractmethod
    def _host(self, hole: Host) -> str: ...

    @abstractmethod
    def _port(self, hole: Port) -> str: ...

    def _hole(self, hole: Hole) -> str:
        match hole:
            case Host():
                return self._host(hole)
            case Port():
                return self._port(hole)
            case Secret():
                value = self.vault.read(hole.name, hole.version)
                return quote(value, safe="") if hole.quoted else value
            case SecretFile():
                name = f"secret-{hole.name}"
                self.files[name] = self.vault.read(hole.name, hole.version)
                return str(self.run_folder / name)
            case Own():
                return self._own(hole)
            case _:
                assert_never(hole)

    def _own(self, hole: Own) -> str:
        match hole.what:
            case "host":
                return self._listening
            case "port":
                return str(self.record.ports[hole.name])
            case "instance":
                return self.record.id
            case "volume":
                return str(self.volumes[hole.name])
            case "release":
                return str(self.record.release)
            case "files":
                return str(package_files.folder(self.outside))
            case _:
                assert_never(hole.what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler(Holes):
    """On this machine, by the addresses of this moment."""

    state: StateFolder
    ports: Ports
    others: Callable[[], Sequence[Record]]
    """Of all instances there are; read only where a hole needs them, for there may be many."""
    release: Release | None
    """None when the release is not at hand: then what the records say counts."""
    services: ServicePorts
    lenient: bool = False
    """An address that is not there yet is empty: nothing is started with it."""

    @property
    def _listening(self) -> str:
        return HOST

    def _host(self, hole: Host) -> str:
        del hole  # all are on this machine
        return HOST

    def _port(self, hole: Port) -> str:
        """By the proxy for what it balances; lasting for stores; else of the newest instance."""
        workload = self._known(hole.workload)
        if workload and workload.balanced and self._has_proxy():
            return str(self.services.address(hole.workload, hole.port).port)
        if workload and workload.role in {Role.STORE, Role.GATE}:
            return str(self.ports.lasting(hole.workload, hole.port, self._slot(workload, hole)))
        mine = [each for each in self.others() if each.workload.name == hole.workload]
        for record in sorted(mine, key=lambda each: each.created, reverse=True):
            if hole.port in record.ports:
                return str(record.ports[hole.port])
        if self.lenient:
            return ""
        raise StepFailed("SW254", workload=hole.workload, port=hole.port)

    def _slot(self, workload: Workload, hole: Port) -> int:
        """Of the member named; a store that has lost its standbys is where its leader was."""
        if hole.slot or workload.following or workload.role is Role.GATE:
            return hole.slot
        lead = LeadFile(self.state.root).all().get(workload.name)
        return lead.slot if lead else hole.slot

    def _known(self, name: Name) -> Workload | None:
        found = self.release.find(name) if self.release else None
        mine = (each.workload for each in self.others() if each.workload.name == name)
        return found or next(mine, None)

    def _has_proxy(self) -> bool:
        wanted = self.release.workloads if self.release else ()
        known = (*wanted, *(each.workload for each in self.others()))
        return any(workload.role is Role.PROXY for workload in known)
