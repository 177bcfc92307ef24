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
        """The release that should run; None when nothing should."""
        ...

    def want_nothing(self) -> None: ...

    def judge(self, number: int, verdict: Verdict) -> None: ...

    def last_good(self, before: int) -> Release | None:
        """The newest good one below that number, since nothing was wanted last."""
        ...

    def releases(self, limit: int) -> Sequence[tuple[Release, Verdict]]: ...

    def tell(self, event: Event) -> None: ...

    def events(self, after: int) -> Sequence[Event]:
        """Events with a higher number, oldest first."""
        ...

    def last_event(self) -> int: ...

    def see(self, instances: Sequence[Instance]) -> None:
        """Keep what was observed, for others to read."""
        ...

    def seen(self) -> Sequence[Instance]: ...
