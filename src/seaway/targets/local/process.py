"""Process: what the target and a shim say to each other about one process."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from seaway.model.workload import Limits, LogKeeping


def errors_file(log: Path) -> Path:
    """Where what goes to stderr is kept besides; `log` is the file of all lines."""
    return log.with_name(f"{log.name.partition('.')[0]}.errors.jsonl")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """As whom a process runs when Seaway is root; `identity.py` decides which."""

    uid: int = 65534
    gid: int = 65534
    namespace: bool = False
    """Mapped in a user namespace, for files that only root can reach; else really changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSpec:
    """Everything a shim needs. Reaches it through a pipe, never a file or an argument."""

    folder: Path
    """The instance's folder: the shim keeps `lock`, `pid` and `exit` in it."""
    run_folder: Path
    """Removed when everything has ended."""
    argv: tuple[str, ...]
    env: Mapping[str, str]
    cwd: Path
    log: Path
    """The JSON lines file; older ones beside it end in `.1.gz`, `.2.gz` …"""
    log_keeping: LogKeeping = LogKeeping()
    stop_signal: str = "SIGTERM"
    grace: timedelta = timedelta(seconds=10)
    limits: Limits = Limits()
    identity: Identity | None = None
    lasting: bool = True
    """Whether how it ended is to survive a loss of power: a job runs once."""
    files: Mapping[str, str] = field(default_factory=dict[str, str])
    """Written into the run folder, mode 0400, before the start."""


class Life(StrEnum):
    """What is known of a process from its folder."""

    ABSENT = "absent"
    """Never started."""
    RUNNING = "running"
    ENDED = "ended"
    LOST = "lost"
    """Its shim was killed: nobody knows how it ended; leftovers must be swept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessState:
    """How a process does, or how it ended."""

    life: Life
    shim: int = 0
    """Pid of the shim, from the kernel's lock table; 0 when none lives."""
    pid: int = 0
    started: datetime | None = None
    ended: datetime | None = None
    code: int | None = None
    """Exit status; negative for the signal that killed it."""
    reason: str = ""
    """`oom`, `stopped`, or empty."""
