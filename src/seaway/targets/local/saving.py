"""Saving: the process that keeps backups of a stack coming, beside its supervisor."""

import asyncio
import sys
from contextlib import suppress

ENDING = 10.0
"""Seconds that it may take to end; what it was writing does not count then."""


async def saved(stack: str, environment: str) -> None:
    """Run it until it ends; it ends with us, whatever ends us: its input does."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "seaway", "save", "--stack", stack, "-e", environment,
        stdin=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        await process.wait()
    finally:
        if process.stdin:
            process.stdin.close()
        if process.returncode is None:
            with suppress(TimeoutError):
                async with asyncio.timeout(ENDING):
                    await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()
