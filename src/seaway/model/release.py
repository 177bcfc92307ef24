"""Release: everything that should be running at one moment, whole, frozen and numbered."""

from dataclasses import dataclass, replace
from datetime import datetime

from seaway.model.names import Digest, Name
from seaway.model.route import Routing
from seaway.model.workload import Workload, digest_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What should be running."""

    stack: Name
    number: int = 0
    """0 until the ledger has given one."""
    environment: str = "local"
    workloads: tuple[Workload, ...] = ()
    """In start order."""
    routing: Routing = Routing()
    created: datetime | None = None
    why: str = ""
    """The command that made it, for people."""

    def find(self, name: str) -> Workload | None:
        """The workload of that name, or None."""
        return next((each for each in self.workloads if each.name == name), None)

    def with_workload(self, workload: Workload) -> "Release":
        """The same with one workload changed."""
        changed = tuple(workload if each.name == workload.name else each for each in self.workloads)
        return replace(self, workloads=changed)

    @property
    def digest(self) -> Digest:
        """The same for two releases that want the same thing."""
        return digest_of(replace(self, number=0, created=None, why=""))


def routing_digest(routing: Routing) -> Digest:
    """Changes when the proxy must be told of something other than addresses."""
    return digest_of(routing)
