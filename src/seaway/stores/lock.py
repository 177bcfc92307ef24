"""Lock: one process at a time does something; the kernel takes it back from the dead."""

import asyncio
import fcntl
import os
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

LOOK = 0.1
"""Seconds between two tries."""


@asynccontextmanager
async def alone(path: Path) -> AsyncGenerator[None]:
    """Wait until no other process is in here, and keep them out for as long as the block runs."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        while not _taken(handle):  # noqa: ASYNC110 -- a lock tells nobody
            await asyncio.sleep(LOOK)
        yield
    finally:
        os.close(handle)


@contextmanager
def first(path: Path) -> Generator[bool]:
    """Whether no other process is in here; nobody waits. They are kept out as long as it runs."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        yield _taken(handle)
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
