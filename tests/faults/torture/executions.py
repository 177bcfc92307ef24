"""Executions: when the kernel executed a program, told by the kernel itself.

What a program says of itself comes later: bash needs two milliseconds on a quiet machine to come to
its first word, and many more where the disk is busy. That is none of Seaway's.
"""

import asyncio
import os
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

CONNECTOR, PROCESSES = 11, 1
"""linux/netlink.h, and the index and value of cn_proc (linux/connector.h)."""
LISTEN, EXECUTED = 1, 2
"""linux/cn_proc.h: what is asked for, and the event that counts."""
ENVELOPE = struct.Struct("=IHHII")
MESSAGE = struct.Struct("=IIIIHH")
EVENT = struct.Struct("=IIQII")
"""What happened, on which processor, when, and to whom."""
ROOM = 8 << 20


class Executions:
    """The last execution of each process since it was made; nothing where the kernel tells none."""

    def __init__(self) -> None:
        self._at: dict[int, float] = {}

    def of(self, pid: int, otherwise: float) -> float:
        """When that process executed its program last, in the time of `time.time`."""
        return self._at.get(pid, otherwise)

    def _hear(self, source: socket.socket) -> None:
        offset = time.time() - time.clock_gettime(time.CLOCK_MONOTONIC)
        with suppress(BlockingIOError, OSError):  # one that came too fast is not known, then
            while True:
                data = source.recv(65536)
                what, _, moment, pid, _ = EVENT.unpack_from(data, ENVELOPE.size + MESSAGE.size)
                if what == EXECUTED:
                    self._at[pid] = moment / 1e9 + offset


@contextmanager
def executions() -> Iterator[Executions]:
    """Listen as long as this lasts; only root may."""
    found, loop = Executions(), asyncio.get_running_loop()
    with socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, CONNECTOR) as source:
        source.settimeout(0)
        source.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, ROOM)
        with suppress(OSError):
            source.bind((0, PROCESSES))
            body = struct.pack("=I", LISTEN)
            message = MESSAGE.pack(PROCESSES, PROCESSES, 0, 0, len(body), 0) + body
            size = ENVELOPE.size + len(message)
            source.send(ENVELOPE.pack(size, 3, 0, 0, os.getpid()) + message)
            loop.add_reader(source, found._hear, source)
        try:
            yield found
        finally:
            loop.remove_reader(source)
