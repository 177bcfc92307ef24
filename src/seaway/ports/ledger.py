"""Ledger: what was asked for, what happened, and what was last seen. Survives everything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from seaway.model.instance import Instance
from seaway.model.release import Release


class Verdict(StrEnum):
    """What became of a release."""

    PENDING = "pending"
    """On its way, or on trial."""
    PASSED = "passed"
    """Its trial is over, and the rest of it follows."""
    GOOD = "good"
    FAILED = "failed"
    REPLACED = "replaced"
    """Another was asked for before this one was ready."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One thing that happened; `code` names its words in `messages`."""

    at: datetime
    code: str
    number: int = 0
    """Given by the ledger, rising."""
    facts: Mapping[str, str | int | float] = field(default_factory=dict[str, str | int | float])


class Ledger(Protocol):
    """Durable before it returns."""

    def record(self, release: Release) -> Release:
        """Keep a release, give it the next number, and make it the wanted one."""
        ...

    def wanted(self) -> Release | None:
        """The release that should run, with the copies it is scaled to; None for nothing."""
        ...

    def scale(self, copies: Mapping[str, int]) -> None:
        """Keep numbers of copies of workloads that scale by themselves, for later releases too."""
        ...

    def want_nothing(self) -> None: ...

    def judge(self, number: int, verdict: Verdict) -> None: ...

    def last_good(self, before: int) -> Release | None:
        """The newest good one below that number, since nothing was wanted last."""
        ...

    def verdict(self, number: int) -> Verdict | None:
        """What became of a release; None where it is not recorded."""
        ...

    def find(self, number: int) -> tuple[Release, Verdict] | None:
        """A recorded release, or None."""
        ...

    def releases(self, limit: int) -> Sequence[tuple[Release, Verdict]]: ...

    def tell(self, event: Event) -> None: ...

    def events(self, after: int) -> Sequence[Event]:
        """Events with a higher number, oldest first."""
        ...

    def last_event(self) -> int: ...

    def see(self, instances: Sequence[Instance], events: Sequence[Event] = ()) -> None:
        """Keep what was observed, for others to read, and tell what changed by it, together."""
        ...

    def seen(self) -> Sequence[Instance]: ...
