"""milvus: a vector database server, kept on a volume."""

from collections.abc import Iterator
from datetime import timedelta
from typing import ClassVar

from seaway.model.finding import Finding, Place, Severity
from seaway.model.names import Name
from seaway.model.probe import Checks, PartProbe
from seaway.model.quantity import Size
from seaway.model.settings.openai import MILVUS_IMAGE
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.settings.store import Backup, Version
from seaway.model.stack import Section
from seaway.model.text import Host, Port, Text
from seaway.model.workload import Limits, Role, Server, Stopping, Volume, Workload
from seaway.ports.component import Component, Expansion, Exports, Surroundings
from seaway.ports.saving import goes_to, key_needs, saving_of

GRPC = "grpc"
USUAL_MEMORY = 1 << 30


class Milvus(Component):
    """A Milvus vector database: on one machine the small one, milvus-lite, without logins."""

    kind: ClassVar[str] = "milvus"
    section: ClassVar[Section] = Section.DATA

    version: Version | None = None
    """The version asked for, as `"2.3"`; whichever Seaway brings when it is not given."""
    size: Size = 0
    """Room asked for on the disk."""
    resources: Resources = Resources()
    """Most it may use; 1Gi of memory when it is not given."""
    backup: Backup | None = None
    """Where to and how often it is saved, and what is promised of that."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    @property
    def used(self) -> tuple[Name, ...]:
        """The object store that its backups go to."""
        return goes_to(self.backup)

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One server and its volume."""
        saving, doubts = saving_of(self.backup, name, "milvus", around)
        return Expansion(
            workloads=(self._server(name),),
            exports=_exports(name),
            secrets=key_needs(self.backup),
            saving=saving,
            findings=(*self._findings(around), *doubts),
        )

    def _server(self, name: Name) -> Workload:
        given = self.resources
        return Workload(
            name=name,
            component=name,
            role=Role.STORE,
            program=Server(part="milvus", version=self.version or "", image=MILVUS_IMAGE),
            ports={GRPC: 19530},
            checks=_CHECKS,
            limits=Limits(
                cpu=given.cpu, memory=given.memory or USUAL_MEMORY, pids=given.pids,
                files=given.files,
            ),
            volumes=(Volume(name="data", path="/var/lib/milvus", size=self.size),),
            stopping=Stopping(signal="SIGTERM", grace=timedelta(seconds=30)),
            logs=self.logs.keeping,
        )  # fmt: skip

    @staticmethod
    def _findings(around: Surroundings) -> Iterator[Finding]:
        severity = Severity.INFO if around.environment == "local" else Severity.WARNING
        yield Finding(code="SW316", at=Place(path=""), severity=severity)


_CHECKS = Checks(
    ready=PartProbe(), live=PartProbe(), start=timedelta(minutes=10),
    every=timedelta(seconds=10), timeout=timedelta(seconds=5), live_failures=6,
)  # fmt: skip


def _exports(name: Name) -> Exports:
    host, port = Text.of(Host(workload=name)), Text.of(Port(workload=name, port=GRPC))
    url = Text.of("http://", host, ":", port)
    values = {"url": url, "host": host, "port": port}
    variables = {"MILVUS_URI": url, "MILVUS_HOST": host, "MILVUS_PORT": port}
    return Exports(workloads=frozenset({name}), values=values, variables=variables)
