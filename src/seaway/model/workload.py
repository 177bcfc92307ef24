"""Workload: one thing to keep running, without naming a platform."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Literal

from seaway.model.json import Json
from seaway.model.names import Digest, Name
from seaway.model.probe import Checks
from seaway.model.scaling import Scaling
from seaway.model.standing import Following
from seaway.model.text import Text


class Role(StrEnum):
    """How a workload is kept: for ever, replaced in place, once for each release, or at times."""

    SERVICE = "service"
    """Any number of equal instances, a new one ready before an old one stops."""
    STORE = "store"
    """Members that own volumes, one or several: each stopped before it is replaced."""
    GATE = "gate"
    """The one address of a store with members: told who leads while it runs."""
    PROXY = "proxy"
    """The one way in; told of new routes while it runs."""
    JOB = "job"
    """Run to its end once for each digest."""
    SCHEDULE = "schedule"
    """Run to its end whenever its time comes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """How the files that run are made from source."""

    folder: str
    """The source folder, absolute."""
    command: str = ""
    """A shell line run in `folder`; empty for a Python project, which gets an environment."""
    output: str = ""
    """The folder that the command makes, absolute."""
    fingerprint: str = ""
    """Changes when the source does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageFile:
    """A file of data inside of a published package, of which nothing else is used."""

    package: str
    version: str
    wheel: str
    """The package's hash: SHA-256, in hex, as all here."""
    path: str
    """Of the file, in the package."""
    digest: str
    """The file's hash."""
    size: int
    """Bytes."""

    @property
    def name(self) -> str:
        """What it is kept as, in the folder of all such files."""
        return f"{self.digest[:16]}-{self.path.rpartition('/')[2]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """The user's own program. `$NAME` in an argument is a variable of its environment."""

    argv: tuple[str, ...]
    build: Build | None = None
    files: tuple[PackageFile, ...] = field(default=(), repr=False)
    """What it reads; it is told their names, in the folder `Own(what="files")`."""
    image: str = ""
    program: Literal["command"] = "command"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """A server Seaway brings: an installed part on this machine, an image in containers."""

    part: str
    """Its name in the target's list of parts."""
    version: str = ""
    """The version asked for; empty for whichever the part is."""
    settings: Mapping[str, Json] = field(default_factory=dict[str, Json])
    """What the part turns into its own configuration; the same in both forms."""
    choice: str = ""
    """Where the local part must come from: `package`, `system`, or empty for the first found."""
    build: Build | None = None
    image: str = ""
    argv: tuple[str, ...] = ()
    """The command in containers; a part on this machine knows its own."""
    program: Literal["server"] = "server"


Program = Command | Server


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A folder that outlives every instance of its workload."""

    name: str
    path: str = ""
    """Where it is mounted in containers."""
    size: int = 0
    """Bytes asked for; 0 for no figure."""


def volume_of(volume: str, slot: int) -> str:
    """What a volume of one member is called; that of the first as it is written."""
    return f"{volume}-{slot}" if slot else volume


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Most it may use. Zero means no limit."""

    cpu: float = 0.0
    """Processors."""
    memory: int = 0
    """Bytes, of the whole process tree."""
    pids: int = 0
    files: int = 0
    """Open files for each process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopping:
    """How it is asked to end, and how long it may take before it is killed (R42)."""

    signal: str = "SIGTERM"
    grace: timedelta = timedelta(seconds=10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Restarting:
    """Pauses after deaths: doubled from `first` to `longest`, given up after `tries` (R138)."""

    first: timedelta = timedelta(milliseconds=500)
    """Before the second try in a row; the first is made at once."""
    longest: timedelta = timedelta(seconds=30)
    stable: timedelta = timedelta(seconds=10)
    """Having lived this long ends a row of deaths."""
    tries: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """How a new release takes over."""

    strategy: Literal["rolling", "blue-green", "canary"] = "rolling"
    drain: timedelta = timedelta(seconds=30)
    """How long requests in hand may go on after an instance leaves the balancer."""
    watch: timedelta = timedelta(0)
    """How long a new release is on trial."""
    rollback_if: Mapping[str, str] = field(default_factory=dict[str, str])
    """`errors`, `p95` and `for`, as written; empty where only a release that fails goes back."""
    share: float = 0.1
    """Of all requests, what the first copies of a canary get."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFiles:
    """Size of a log file in bytes, and how many are kept (R155)."""

    size: int = 10_000_000
    files: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class LogKeeping(LogFiles):
    """Of all that is said; and of what goes to stderr besides, in files of its own."""

    errors: LogFiles | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One thing to keep running, on any platform."""

    name: Name
    component: Name
    """The declaration it comes from; most often the same name."""
    program: Program
    role: Role = Role.SERVICE
    env: Mapping[str, Text] = field(default_factory=dict[str, Text])
    ports: Mapping[str, int] = field(default_factory=dict[str, int])
    """By name; the number counts in containers. On one machine an instance is given free ones."""
    uses: tuple[Name, ...] = ()
    """Workloads that must be ready before it starts, in order of name."""
    replicas: int = 1
    balanced: bool = False
    """Whether the proxy stands before it, for the ingress or for other workloads."""
    checks: Checks = Checks()
    limits: Limits = Limits()
    volumes: tuple[Volume, ...] = ()
    stopping: Stopping = Stopping()
    restarting: Restarting = Restarting()
    rollout: Rollout = Rollout()
    logs: LogKeeping = LogKeeping()
    schedule: str = ""
    """Five cron fields, in `zone`, for role SCHEDULE."""
    zone: str = "UTC"
    revision: int = 0
    """Raised by `restart`, to ask for new instances of the same."""
    scaling: Scaling | None = field(default=None, repr=False)
    """By what the number of replicas changes by itself. No instance is another for it."""
    following: Following | None = field(default=None, repr=False)
    """How members of a store follow a leader; None where there is none. As above."""
    _digest: str = field(default="", init=False, repr=False, compare=False)
    """Made when first asked for: every look at a stack asks for it many times."""

    @property
    def digest(self) -> Digest:
        """Changes when, and only when, a running instance must be replaced.

        Another question about its health is a change, other figures are not: whether a copy
        answers it is to be seen before the old ones, which answered the old question, go.
        """
        if not self._digest:
            object.__setattr__(self, "_digest", self._made_digest())
        return Digest(self._digest)

    def _made_digest(self) -> Digest:
        asked = Checks(ready=self.checks.ready, live=self.checks.live)
        kept = replace(
            self, uses=(), replicas=1, checks=asked, stopping=Stopping(),
            restarting=Restarting(), rollout=Rollout(), schedule="", zone="",
        )  # fmt: skip
        return digest_of(kept)


def digest_of(value: object) -> Digest:
    """Of a frozen value: equal values have equal digests, in every process."""
    return Digest(hashlib.sha256(repr(value).encode()).hexdigest()[:12])
