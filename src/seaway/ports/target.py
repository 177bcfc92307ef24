"""Target: a place where workloads run."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from seaway.model.certificate import Certificate
from seaway.model.finding import Finding
from seaway.model.instance import Instance
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.workload import Workload
from seaway.plan.steps import Plan, Step


class Target(Protocol):
    """A place where workloads run. It remembers everything itself; `observe` reads it back."""

    name: str

    async def observe(self) -> Sequence[Instance]:
        """Everything of this stack that is there, over or not; never raises for a sick instance."""
        ...

    def plan(self, release: Release, seen: Sequence[Instance], now: datetime) -> Plan: ...

    def cannot(self, release: Release) -> Sequence[Finding]:
        """Promises of the release that this target cannot keep, and tools it lacks."""
        ...

    async def perform(self, step: Step, release: Release) -> None:
        """Do one step; safe to repeat, and safe to be killed in.

        Raises:
            StepFailed: it did not work; what is left is visible to `observe`.
        """
        ...

    async def changed(self) -> None:
        """Return as soon as something differs from the last `observe`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a log."""

    at: datetime
    workload: str
    instance: str
    stream: str
    """`stdout`, `stderr`, or `seaway` for what the platform says about the instance."""
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogQuery:
    """Which lines are wanted."""

    workloads: frozenset[str] = frozenset()
    """Empty for all."""
    since: datetime | None = None
    tail: int | None = None
    grep: str = ""
    """A regular expression; empty for all lines."""
    follow: bool = False
    errors: bool = False
    """Only what was written to stderr, and that for as long as it is kept."""


class Tails(Protocol):
    """A target whose logs can be read."""

    def lines(self, query: LogQuery) -> AsyncIterator[Line]:
        """Lines in order of time; with `follow`, those to come as well."""
        ...


class Executes(Protocol):
    """A target that can run a command where an instance runs."""

    async def execute(self, instance: Instance, release: Release, argv: Sequence[str]) -> int:
        """Run with the terminal of this process; return the exit status."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command wrote, and how it ended."""

    status: int
    out: bytes
    problem: bytes


class Asks(Protocol):
    """A target that can run a command where an instance runs, and hand over what it writes."""

    async def ask(self, instance: Instance, release: Release, argv: Sequence[str]) -> Said:
        """Run without a terminal; the caller limits the time, and then the command is ended."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """Where an instance answers to us, and what it was given: passwords are in it."""

    host: str
    ports: Mapping[str, int]
    env: Mapping[str, str] = field(repr=False)
    doors: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where the members of its store answer to us, by the names by which they know each other;
    none where we know them by the same."""


class Reaches(Protocol):
    """A target whose stores can be spoken to from here."""

    async def reach(self, instance: Instance, release: Release) -> Reached:
        """Where to, and by which passwords.

        Raises:
            NothingRunning: the instance has been forgotten meanwhile.
        """
        ...


class Fills(Protocol):
    """A target whose volumes can be filled from here, before anything runs on them."""

    async def empty(self, workload: Workload) -> Path:
        """The empty folder of its first volume, made as for a first start.

        Raises:
            DataRefused: there is data in it.
        """
        ...

    async def filled(self, workload: Workload) -> None:
        """Hand what is in it now to the server that will start on it."""
        ...


class Kills(Protocol):
    """A target that can hurt an instance, as an accident would."""

    async def kill(self, instance: Instance, signal: str) -> None:
        """Send its main process a signal, by name; nothing where it is over."""
        ...


class Certifies(Protocol):
    """A target whose ingress gets certificates by itself."""

    def certificates(self, release: Release) -> Sequence[Certificate]:
        """Of every host that has a public one, or is to."""
        ...


class Destroys(Protocol):
    """A target that can throw data away."""

    async def volumes(self) -> Sequence[tuple[Name, str, int]]:
        """Workload, volume and bytes used, of everything kept."""
        ...

    async def destroy(self) -> None:
        """Remove every volume and log. Nothing may be running."""
        ...
