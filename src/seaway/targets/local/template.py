"""Template: a shim that is loaded once and copied for each start, by a fork.

One copy always waits for the next start, so that not even the fork takes time then. The order goes
from Seaway to the copy by a socket that is handed over.
"""

from __future__ import annotations

import _socket  # `socket` loads enumerations first: 5 ms
import ctypes
import gc
import os
import select
import sys

from seaway.targets.local.child import Child
from seaway.targets.local.keeper import Ready, keep

LONGEST_NAME = 100
DESCRIPTOR = 4
"""Bytes of one: an int of C."""
MOST_DESCRIPTORS = 1 << 20
AFTERWARDS = 15.0
"""Milliseconds that a copy has the processor for itself, if nobody asks for another one."""
ARGUMENTS = 45
"""Where proc_pid_stat(5) says, after the name, where the arguments begin in memory."""


def serve() -> None:
    """Have a copy wait until Seaway is gone. Requests come by the socket that is standard input."""
    os.closerange(3, MOST_DESCRIPTORS)  # what was left open for Seaway must not stay open for ever
    requests = _socket.socket(fileno=0)
    title = _place_of_name()
    asked = select.poll()
    asked.register(requests.fileno(), select.POLLIN)
    gc.collect()
    gc.freeze()  # what is never looked at again stays shared with the copies
    while True:
        taken, take = os.pipe()
        copy = os.fork()
        if not copy:
            os.close(taken)
            _wait_as_copy(requests, take, title)
        os.close(take)
        os.waitpid(copy, 0)
        if not os.read(taken, 1) and _left_alone(requests):
            os._exit(0)
        os.close(taken)
        asked.poll(AFTERWARDS)


def _left_alone(requests: _socket.socket) -> bool:
    """Whether Seaway is gone, rather than only the copy that waited."""
    try:
        return not requests.recv(1, _socket.MSG_PEEK | _socket.MSG_DONTWAIT)
    except BlockingIOError:
        return False


def _wait_as_copy(requests: _socket.socket, take: int, title: int) -> None:
    """Leave the family, wait for a request, and be a shim from then on. Never returns."""
    status = 1
    try:
        if os.fork():
            os._exit(0)
        os.setsid()
        ready = Ready(_child(take))
        name, parts, _, _ = requests.recvmsg(LONGEST_NAME, _socket.CMSG_LEN(DESCRIPTOR))
        requests.detach()
        if not name or not parts:
            os._exit(0)
        ready.called()
        os.write(take, b"t")  # the next one, please
        os.close(take)
        _talk_by(int.from_bytes(parts[0][2], sys.byteorder))
        if title:
            ctypes.memmove(title, name.ljust(LONGEST_NAME, b"\0"), LONGEST_NAME)
        keep(ready)
        status = 0
    except BaseException as error:
        sys.excepthook(type(error), error, error.__traceback__)  # to Seaway, while it listens
        raise
    finally:
        os._exit(status)


def _talk_by(socket: int) -> None:
    """Have it as standard input and output."""
    for number in (0, 1, 2):
        os.dup2(socket, number)
    os.close(socket)


def _child(take: int) -> Child | None:
    """One that waits as well; None where there is no room for it: then it is tried once more."""
    try:
        return Child(take)
    except OSError:
        return None


def _place_of_name() -> int:
    """Where in memory people see the last argument, which has room for a name; 0 if unknown."""
    with open("/proc/self/stat", "rb") as file:
        fields = file.read().rpartition(b")")[2].split()
    start, end = int(fields[ARGUMENTS]), int(fields[ARGUMENTS + 1])
    room = len(sys.argv[-1].encode()) + 1
    return end - room if 0 < start < end - room and room > LONGEST_NAME else 0
