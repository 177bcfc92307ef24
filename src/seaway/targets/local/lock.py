"""Lock: who holds the lock of an instance folder, as the kernel knows it."""

import errno
import fcntl
import os
import struct
from pathlib import Path

NO_PROCESS = frozenset({errno.ESRCH, errno.EINVAL, errno.ENOENT})
"""What pidfd_open(2) says of a number that nobody has, or only a thread of another process."""
FLOCK = "hhqqi"
"""struct flock of fcntl(2) on 64-bit Linux: type, whence, start, length, pid."""


def holder(folder: Path | str) -> int:
    """Pid of the living shim of an instance; 0 when there is none.

    Never call it in a process that holds such a lock: closing any descriptor of the file gives it
    up (fcntl(2)). Seaway itself holds none.
    """
    try:
        fd = os.open(f"{folder}/lock", os.O_RDONLY | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return 0  # any other error says nothing about who lives
    try:
        asked = struct.pack(FLOCK, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, pid = struct.unpack(FLOCK, fcntl.fcntl(fd, fcntl.F_GETLK, asked))
    finally:
        os.close(fd)
    return 0 if kind == fcntl.F_UNLCK else int(pid)


def pinned(folder: Path) -> tuple[int, int] | None:
    """Pid and pidfd of the living shim; the caller closes the descriptor. None when none lives."""
    while pid := holder(folder):
        fd = pin(pid)
        if fd is None:
            continue
        if holder(folder) == pid:  # so the number was not given to another meanwhile
            return pid, fd
        os.close(fd)
    return None


def pin(pid: int) -> int | None:
    """A pidfd, which the caller closes; None where no process has that number any more."""
    try:
        return os.pidfd_open(pid)
    except OSError as error:
        if error.errno not in NO_PROCESS:
            raise
        return None
