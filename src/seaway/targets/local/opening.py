"""Opening: what a shim does before its process exists: order, signals, lock, answer."""

from __future__ import annotations

import errno
import fcntl
import marshal
import os

from seaway.targets.local.signals import signal

TYPE_CHECKING = False  # the one in `typing` costs 3 ms
if TYPE_CHECKING:
    from seaway.targets.local.order import Order

READ = 65536


def read_order() -> Order:
    """The order, from standard input. Without a whole one, nothing has begun: leave."""
    size = int.from_bytes(_exactly(8), "little")
    order: Order = marshal.loads(_exactly(size))  # noqa: S302 -- from the same Python, by a pipe
    return order


def _exactly(size: int) -> bytes:
    data = b""
    while len(data) < size:
        more = os.read(0, min(size - len(data), READ))
        if not more:  # the launcher died: nothing has begun
            os._exit(1)
        data += more
    return data


def signals_as_bytes() -> int:
    """Have every signal that matters turned into a byte to read; nothing happens in handlers."""
    reads, writes = os.pipe()
    os.set_blocking(writes, False)
    signal.set_wakeup_fd(writes, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, _nothing)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    return reads


def _nothing(number: int, frame: object) -> None:
    """A handler is needed for the byte to be written."""


def locked(folder: str) -> int:
    """Take the lock for life; -1 when someone has it.

    No other descriptor of this file may ever be closed here: that would give the lock up (fcntl).
    """
    fd = os.open(f"{folder}/lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno not in {errno.EACCES, errno.EAGAIN}:
            raise
        return -1
    return fd


def answer(word: str, number: int) -> None:
    """Tell the launcher, who may be dead, and let go of its pipes."""
    _write(f"{word} {number}\n".encode())
    nothing = os.open("/dev/null", os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nothing, fd)
    os.close(nothing)


def _write(text: bytes) -> None:
    try:
        os.write(1, text)
    except OSError:
        return
