"""Filling: turns a Text into a string, in the terms of one container."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import assert_never
from urllib.parse import quote

from seaway.errors import StepFailed
from seaway.model.release import Release
from seaway.model.text import Hole, Host, Own, Port, Secret, SecretFile, Text
from seaway.targets.docker.edges import proxy_of
from seaway.targets.docker.premises import ANYWHERE, Premises
from seaway.targets.local import package_files
from seaway.targets.local.record import Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Filler:
    """Fills the holes of one instance. What is asked for as a file is collected in `files`."""

    premises: Premises
    record: Record
    release: Release
    files: dict[str, str] = field(default_factory=dict[str, str])

    def env(self) -> Mapping[str, str]:
        """The workload's environment.

        Raises:
            StepFailed: it needs the address of something that the release does not have.
            UsageError: a secret does not exist.
        """
        return {name: self.fill(each) for name, each in self.record.workload.env.items()}

    def fill(self, text: Text) -> str:
        """The parts joined, each hole filled."""
        return "".join(part if isinstance(part, str) else self._hole(part) for part in text.parts)

    def _hole(self, hole: Hole) -> str:
        match hole:
            case Host():
                return hole.workload
            case Port():
                return str(self._port(hole))
            case Secret():
                value = self.premises.vault.read(hole.name, hole.version)
                return quote(value, safe="") if hole.quoted else value
            case SecretFile():
                name = f"secret-{hole.name}"
                self.files[name] = self.premises.vault.read(hole.name, hole.version)
                return str(self.premises.run_folder(self.record) / name)
            case Own():
                return self._own(hole)
            case _:
                assert_never(hole)

    def _own(self, hole: Own) -> str:
        match hole.what:
            case "host":
                return ANYWHERE
            case "port":
                return str(self.record.ports[hole.name])
            case "instance":
                return self.record.id
            case "volume":
                return str(self.premises.data(self.record)[hole.name])
            case "release":
                return str(self.record.release)
            case "files":
                return str(package_files.folder(self.premises.outside))
            case _:
                assert_never(hole.what)

    def _port(self, hole: Port) -> int:
        """Of the proxy for what it balances; else the workload's own."""
        workload = self.release.find(hole.workload)
        if workload and workload.balanced and proxy_of(self.release):
            return self.premises.services.address(hole.workload, hole.port).port
        if workload and hole.port in workload.ports:
            return workload.ports[hole.port]
        raise StepFailed("SW254", workload=hole.workload, port=hole.port)
