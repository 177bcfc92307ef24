"""Ahead: a supervisor that is started before it is known what it will supervise, or whether."""

import os
import sys
from collections.abc import Sequence

Pipe = tuple[int, int]
"""Its pid, and where it is told its stack; untold, it ends with us."""


def ahead(arguments: Sequence[str]) -> Pipe | None:
    """One for a command that will most likely need it; a wrong guess costs nobody any time."""
    if "up" not in arguments or {"--help", "-h", "--dry-run"} & {*arguments}:
        return None
    return spawned()


def spawned() -> Pipe:
    """Start one; returns at once. On two processors it loads beside us."""
    reads, writes = os.pipe()
    nothing = os.open(os.devnull, os.O_RDWR)
    streams = [
        (os.POSIX_SPAWN_DUP2, each, number) for number, each in enumerate((reads, nothing, nothing))
    ]
    argv = [sys.executable, "-m", "seaway", "supervise"]
    pid = os.posix_spawn(sys.executable, argv, os.environ, file_actions=streams, setsid=True)
    os.close(reads)
    os.close(nothing)
    return pid, writes
