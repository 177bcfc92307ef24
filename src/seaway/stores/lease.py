"""The lease of a supervisor, which the kernel takes back from the dead, and a bell to wake it."""

import asyncio
import errno
import fcntl
import os
import struct
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from seaway.errors import LeaseHeld

_FLOCK = struct.Struct("hhqqi4x")
"""struct flock of Linux on 64-bit machines: type, whence, start, length, pid."""
TRIES = 3
NOBODY = frozenset({errno.ENXIO, errno.ENOENT})
"""What a FIFO answers that nobody reads, or that was never made (fifo(7))."""


@contextmanager
def lease(path: Path) -> Generator[Callable[[], bool]]:
    """Hold the lease for as long as the block runs, which is given a way to ask whether it does.

    It may not: when the folder was removed, or another disk is mounted there by now.

    Raises:
        LeaseHeld: another process holds it.
    """
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in {errno.EACCES, errno.EAGAIN}:
                raise
            raise LeaseHeld("SW501", pid=holder(path)) from error
        yield lambda: _same(path, handle)
    finally:
        os.close(handle)


def _same(path: Path, handle: int) -> bool:
    """Whether the file of that name is the one that is open."""
    try:
        return os.path.samestat(path.stat(), os.fstat(handle))
    except FileNotFoundError:
        return False
    except OSError:  # a broken disk: nobody can take what nobody can open
        return True


def holder(path: Path) -> int:
    """The pid of the process that holds the lease, from the kernel; 0 when nobody does."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # asking needs no disk that is writable
    except FileNotFoundError:
        return 0
    try:
        asked = _FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
        kind, _, _, _, pid = _FLOCK.unpack(fcntl.fcntl(handle, fcntl.F_GETLK, asked))
    finally:
        os.close(handle)
    return 0 if kind == fcntl.F_UNLCK else pid


class Bell:
    """A FIFO: whoever rings it wakes the supervisor, which keeps it open."""

    def __init__(self, path: Path) -> None:
        self._rung = asyncio.Event()
        if not path.exists():
            os.mkfifo(path, 0o600)
        self._handle = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        asyncio.get_running_loop().add_reader(self._handle, self._read)

    def _read(self) -> None:
        with suppress(OSError):  # it is read at the next turn of the loop then
            os.read(self._handle, 4096)
        self._rung.set()

    async def rung(self) -> None:
        """Return when it was rung since this last returned."""
        await self._rung.wait()
        self._rung.clear()

    def close(self) -> None:
        asyncio.get_running_loop().remove_reader(self._handle)
        os.close(self._handle)


def ring(path: Path) -> None:
    """Wake the supervisor, if one lives; never waits.

    Raises:
        OSError: it could not be rung, time and again: then it sleeps on, and does not look.
    """
    for left in reversed(range(TRIES)):
        try:
            _ring(path)
        except OSError as error:
            if not left and error.errno not in NOBODY:
                raise
        else:
            return


def _ring(path: Path) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        os.write(handle, b"!")
    except BlockingIOError:
        pass  # full of calls that it has not read yet: it will wake
    finally:
        os.close(handle)
