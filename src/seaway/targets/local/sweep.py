"""Sweep: finds and kills what a lost shim left behind, by evidence and never by a bare pid."""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from seaway.targets.local import limits
from seaway.targets.local.lock import pin

PROC = Path("/proc")
ROUNDS = 100
"""A process may fork while it is looked for: look until nothing is found."""
PAUSE = 0.02
GONE = (FileNotFoundError, ProcessLookupError, PermissionError)
"""How /proc says that a process is no more, or somebody else's. Too many open files is neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Traces:
    """What tells the processes of an instance from others."""

    markers: tuple[str, ...]
    """All of them are in the environment of its processes, unless they have overwritten it."""
    session: int
    """Pid of the main process: its session keeps that number, also without it. 0 if unknown."""
    born: int
    """When the main process was made, in ticks since boot."""
    groups: tuple[str, ...]
    """Control groups that were made for it."""
    run_folder: Path | None


def swept(traces: Traces) -> int:
    """Kill every process that bears a trace, remove groups and run folder; count the killed."""
    killed: set[int] = set()
    for _ in range(ROUNDS):
        found = [pid for pid in _suspects(traces) if _killed(pid, traces)]
        killed.update(found)
        if not found:
            break
        time.sleep(PAUSE)  # in a thread of its own; the kernel needs a moment
    _removed(traces.groups)
    if traces.run_folder:
        shutil.rmtree(traces.run_folder, ignore_errors=True)
    return len(killed)


def _removed(groups: tuple[str, ...]) -> None:
    """The kernel empties a group a moment after the last member has been killed."""
    for _ in range(ROUNDS):
        groups = tuple(each for each in groups if not limits.removed(each))
        if not groups:
            return
        time.sleep(PAUSE)


def born(pid: int) -> int:
    """When a process was made, in ticks since boot; 0 for none. With the number it is one."""
    stat = _stat(pid)
    return stat.born if stat else 0


def _suspects(traces: Traces) -> Iterator[int]:
    for entry in os.listdir(PROC):  # noqa: PTH208 -- names are numbers here
        if entry.isdigit() and int(entry) != os.getpid() and _bears(int(entry), traces):
            yield int(entry)


def _killed(pid: int, traces: Traces) -> bool:
    """Kill it if it still bears the trace once its number can no longer be given away."""
    fd = pin(pid)
    if fd is None:
        return False
    try:
        if not _bears(pid, traces):
            return False
        signal.pidfd_send_signal(fd, signal.SIGKILL)
    except OSError:
        return False
    finally:
        os.close(fd)
    return True


def _bears(pid: int, traces: Traces) -> bool:
    stat = _stat(pid)
    if stat is None or stat.zombie or not stat.session:  # threads of the kernel have no session
        return False
    if any(pid in limits.members(group) for group in traces.groups):
        return True
    environment = _environment(pid)
    if any(entry.startswith(b"PATH=") for entry in environment):
        return all(marker.encode() in environment for marker in traces.markers)
    # Servers that write their title into /proc overwrite their environment; the session remains.
    return stat.session == traces.session and _first_holder(traces) and stat.born >= traces.born


def _first_holder(traces: Traces) -> bool:
    """The number of the session is not that of a later process."""
    leader = _stat(traces.session)
    return leader is None or leader.born == traces.born


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except GONE:
        return []


@dataclass(frozen=True, slots=True)
class _Stat:
    zombie: bool
    session: int
    born: int


def _stat(pid: int) -> _Stat | None:
    """State, session and time of birth (proc_pid_stat(5)); None when it is gone."""
    with contextlib.suppress(*GONE):
        fields = (PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return _Stat(fields[0] == b"Z", int(fields[3]), int(fields[19]))
    return None
