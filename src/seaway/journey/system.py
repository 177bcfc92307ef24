"""System: what a journey may do with the running stack; the same on every target."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from seaway.journey.http import Http


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One running copy of a part."""

    id: str
    part: str
    slot: int
    phase: str
    """`ready`, `starting`, `unready` …, as `seaway status` tells it."""
    serving: bool
    """Ready, and sent requests by the ingress where it is balanced."""
    deaths: int
    """In a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One finding of the doctor."""

    check: str
    code: str
    severity: str
    """`error`, `warning` or `info`."""
    path: str
    """Of the part or setting, as `services.worker`."""
    message: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """How a command ended, and what it printed."""

    status: int
    stdout: str
    stderr: str


class System(Protocol):
    """A running stack."""

    @property
    def stack(self) -> str: ...

    @property
    def environment(self) -> str: ...

    @property
    def run(self) -> str:
        """Another one each time, small letters and digits: a part of the names of all one makes."""
        ...

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of the ingress, as `https://localhost:8443`; the first is the main site's."""
        ...

    def http(self, address: str = "") -> Http:
        """A client of that address, else of the first; it trusts the authority of this stack."""
        ...

    async def instances(self, part: str) -> tuple[Instance, ...]:
        """Those that live, by slot."""
        ...

    async def health(self) -> str:
        """`healthy`, `changing`, `degraded` or `down`."""
        ...

    async def kill(self, instance: Instance, signal: str = "SIGKILL") -> None:
        """Send its main process a signal, as an accident would; nothing where it is over."""
        ...

    async def execute(self, part: str, *argv: str) -> Done:
        """Run a program beside the first live instance of a part, or beside `api.1`."""
        ...

    async def doctor(self) -> tuple[Found, ...]:
        """Everything `seaway doctor` finds now, information too."""
        ...

    async def seaway(self, *words: str, stdin: str = "", limit: timedelta | None = None) -> Done:
        """Run one command of Seaway on this stack, as a person would: `"scale", "worker=3"`.

        Questions are answered with yes. Raises `Failed` after `limit`, two minutes by default.
        """
        ...
