"""Starts the supervisor of a stack as a process of its own, and waits until it holds the lease."""

import asyncio
import json
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from seaway.errors import SeawayError

PATIENCE = 20.0
"""Seconds for an interpreter to start on a busy machine."""
LOOK = 0.005
"""Seconds between two looks at the lease."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A supervisor that has been started and waits to be told its stack; untold, it ends with us.

    Its program is loaded while the stack file is still being read: on two processors that costs
    no time at all.
    """

    pid: int
    pipe: int

    @staticmethod
    def start() -> "Waiting":
        """Start it; returns at once."""
        reads, writes = os.pipe()
        nothing = os.open(os.devnull, os.O_RDWR)
        streams = [(os.POSIX_SPAWN_DUP2, each, number)
                   for number, each in enumerate((reads, nothing, nothing))]  # fmt: skip
        argv = [sys.executable, "-m", "seaway", "supervise"]
        pid = os.posix_spawn(
            sys.executable, argv, os.environ, file_actions=streams, setsid=True
        )  # fmt: skip
        os.close(reads)
        os.close(nothing)
        return Waiting(pid, writes)

    async def tell(
        self, stack: str, environment: str, alive: Callable[[], bool], log: Path
    ) -> None:  # fmt: skip
        """Return when a supervisor holds the lease, this one or one that was quicker.

        Raises:
            SeawayError: it ended at once; its log says why.
        """
        os.write(self.pipe, json.dumps([stack, environment]).encode())
        os.close(self.pipe)
        try:
            async with asyncio.timeout(PATIENCE):
                while not alive() and not self._ended():  # noqa: ASYNC110 -- a lock tells nobody
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            pass  # told below, with the place to look at
        if not alive():
            raise SeawayError("SW290", log=str(log))

    def _ended(self) -> bool:
        return os.waitpid(self.pid, os.WNOHANG) != (0, 0)


def told(log: Callable[[str, str], Path]) -> tuple[str, str] | None:
    """Wait for stack and environment, then write to the log of that stack; None when untold."""
    line = sys.stdin.read()
    if not line:
        return None
    stack, environment = json.loads(line)
    path = log(stack, environment)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    os.chdir("/")
    return stack, environment
