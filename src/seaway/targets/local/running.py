"""Running: carries out a command to its end and keeps the last of what it said."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from seaway.targets.local.spawning import spawned

KEPT = 20
"""Lines of output that are kept."""
LONGEST_LINE = 500


async def run_tool(
    argv: Sequence[str], env: Mapping[str, str], cwd: Path, limit: float
) -> tuple[int, str]:
    """Exit status and last lines of all it said. After `limit` seconds it is killed: status 124.

    Whatever happens, nothing of its process group is left behind.
    """
    process = await spawned(
        *argv, env=env, cwd=cwd, own_session=True,
        stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    try:
        async with asyncio.timeout(limit):
            last = await _last_lines(process.stdout)
            return await process.wait(), last
    except TimeoutError:
        return 124, f"not done in {limit:g} s"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def _last_lines(stream: asyncio.StreamReader | None) -> str:
    """Read to the end; keep little, however much is said."""
    kept = b""
    while stream and (more := await stream.read(65536)):
        kept = (kept + more)[-KEPT * LONGEST_LINE :]
    lines = kept.decode(errors="replace").splitlines()
    return "\n".join(line[:LONGEST_LINE] for line in lines[-KEPT:])
