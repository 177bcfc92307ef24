"""Spawning: starts child processes so that being cancelled at any moment neither hangs nor leaks.

asyncio kills a process whose start is cancelled, then waits until all its pipes are closed: for
ever, when it has forked meanwhile (Python 3.11, `_make_subprocess_transport`).
"""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping
from pathlib import Path

PIPE = asyncio.subprocess.PIPE
FAREWELL = 1.0
"""Seconds for a process that was hung up on to let go of our pipes."""


async def spawned(  # noqa: PLR0913 -- those of the function it stands for
    *argv: str, env: Mapping[str, str], cwd: Path | None = None, own_session: bool = False,
    stdin: int | None = PIPE, stdout: int | None = PIPE, stderr: int | None = PIPE,
) -> asyncio.subprocess.Process:  # fmt: skip
    """Start a program; when cancelled, it is killed and gone before this raises."""
    birth = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *argv, env=env, cwd=cwd, start_new_session=own_session,
            stdin=stdin, stdout=stdout, stderr=stderr,
        )
    )  # fmt: skip
    try:
        return await asyncio.shield(birth)
    except asyncio.CancelledError:
        while not birth.done():  # a moment, whoever cancels again
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.wait({birth})
        if birth.exception() is None:
            await _discarded(birth.result())
        raise


async def hung_up(process: asyncio.subprocess.Process) -> None:
    """Close what we write to it, and wait for it to end or to close its own side."""
    if process.stdin:
        process.stdin.close()
    try:
        async with asyncio.timeout(FAREWELL):
            await process.wait()
    except TimeoutError:
        process._transport.close()  # type: ignore[attr-defined]  # noqa: SLF001 -- no public way


async def _discarded(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(process.pid) == process.pid:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    await hung_up(process)
