"""Tells a supervisor that waits which stack is its own, and waits until it holds the lease."""

import asyncio
import contextlib
import gc
import importlib
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


THREADS_YIELD_AFTER = 0.0005
"""Seconds that a thread may compute while the loop waits; Python's own 0.005 would be a third of
what a restart may take."""
_LIKELY = "likely"
"""After the names of what is not certain yet."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A supervisor that has been started and waits to be told its stack; untold, it ends with us.

    Its program is loaded while the stack file is still being read: on two processors that costs
    no time at all.
    """

    pid: int
    pipe: int

    def expect(self, stack: str, environment: str) -> None:
        """Say which stack it will most likely be: it can make ready."""
        self._say(stack, environment, _LIKELY)

    async def tell(
        self, stack: str, environment: str, alive: Callable[[], bool], log: Path
    ) -> None:  # fmt: skip
        """Return when a supervisor holds the lease, this one or one that was quicker.

        Raises:
            SeawayError: it ended at once; its log says why.
        """
        self._say(stack, environment)
        os.close(self.pipe)
        try:
            async with asyncio.timeout(PATIENCE):
                while not alive() and not self._ended():  # noqa: ASYNC110 -- a lock tells nobody
                    await asyncio.sleep(LOOK)
        except TimeoutError:
            pass  # told below, with the place to look at
        if not alive():
            raise SeawayError("SW290", log=str(log))

    def _say(self, *words: str) -> None:
        with contextlib.suppress(BrokenPipeError):  # it has ended: told below, with its log
            os.write(self.pipe, f"{json.dumps(words)}\n".encode())

    def _ended(self) -> bool:
        return os.waitpid(self.pid, os.WNOHANG) != (0, 0)


def told(
    log: Callable[[str, str], Path], expected: Callable[[str, str], None]
) -> tuple[str, str] | None:
    """Wait for stack and environment, then write to the log of that stack; None when untold.

    `expected` is called as soon as they are likely.
    """
    for line in sys.stdin:
        stack, environment, *doubt = json.loads(line)
        if not doubt:
            _write_to(log(stack, environment))
            return stack, environment
        expected(stack, environment)
    return None


def loaded(module: str) -> bool:
    """Whether a module could be loaded: not while no file can be opened."""
    with contextlib.suppress(OSError):
        return bool(importlib.import_module(module))
    return False


def unhindered() -> None:
    """See that nothing in this process keeps a restart waiting; call it once all is loaded."""
    gc.freeze()  # all that is for ever: looking through it would take 20 ms
    gc.enable()
    sys.setswitchinterval(THREADS_YIELD_AFTER)


def _write_to(path: Path) -> None:
    """Keep what this process says from now on in that file, and keep no folder busy."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(handle, 1)
    os.dup2(handle, 2)
    os.close(handle)
    os.chdir("/")
