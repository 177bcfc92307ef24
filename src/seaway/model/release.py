"""Release: everything that should be running at one moment, whole, frozen and numbered."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from seaway.model.backup import Saving
from seaway.model.names import Digest, Name
from seaway.model.route import Routing
from seaway.model.workload import Workload, digest_of

RESTORES, ROLLBACK = "restores", "rollback"
"""How the reason of a release begins that brings an older one back: by itself, or as asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What should be running."""

    stack: Name
    number: int = 0
    """0 until the ledger has given one."""
    environment: str = "local"
    target: str = field(default="local", repr=False)
    """The platform it runs on, by its first word; no instance is another for it."""
    workloads: tuple[Workload, ...] = ()
    """In start order."""
    routing: Routing = Routing()
    savings: tuple[Saving, ...] = ()
    """How the data of its stores is saved."""
    created: datetime | None = None
    why: str = ""
    """The command that made it, for people."""
    trial: bool = field(default=False, compare=False)
    """Whether it is still to be judged; the ledger tells."""

    @property
    def back(self) -> bool:
        """Whether it brings an older one back: that one has been judged."""
        return self.restores or self.why.startswith(f"{ROLLBACK} ")

    @property
    def restores(self) -> bool:
        """Whether it does so because another has failed."""
        return self.why.startswith(f"{RESTORES} ")

    def find(self, name: str) -> Workload | None:
        """The workload of that name, or None."""
        return next((each for each in self.workloads if each.name == name), None)

    def with_workload(self, workload: Workload) -> "Release":
        """The same with one workload changed."""
        changed = tuple(workload if each.name == workload.name else each for each in self.workloads)
        return replace(self, workloads=changed)

    def with_copies(self, copies: Mapping[str, int]) -> "Release":
        """The same with those that scale by themselves at these numbers, within their limits."""
        changed = (
            each if (limits := each.scaling) is None or each.name not in copies
            else replace(each, replicas=min(max(copies[each.name], limits.least), limits.most))
            for each in self.workloads
        )  # fmt: skip
        return replace(self, workloads=tuple(changed))

    @property
    def digest(self) -> Digest:
        """The same for two releases that want the same thing."""
        return digest_of(replace(self, number=0, created=None, why="", trial=False))


def routing_digest(routing: Routing) -> Digest:
    """Changes when the proxy must be told of something other than addresses."""
    return digest_of(routing)
