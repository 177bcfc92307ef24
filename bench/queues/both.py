"""What the tasks of every contender do: say that they ran, in a file that the bench reads."""

import asyncio
import os
import time

FILE = os.open(os.environ["BENCH_FILE"], os.O_WRONLY | os.O_APPEND | os.O_CREAT)


def done() -> None:
    """One byte for each job."""
    os.write(FILE, b".")


async def held() -> None:
    """Say when, and in which process, then stay."""
    os.write(FILE, f"{os.getpid()} {time.time()}\n".encode())
    await asyncio.sleep(3600)
