"""Forks workers that have everything loaded: `work` on its input, a process number on its output.

A worker that begins in milliseconds lets a test kill hundreds of them.
"""

import asyncio
import os
import random
import signal
import sys
from contextlib import suppress
from urllib.parse import urlsplit

from seaway_jobs import Job, Payload, Queue, Superseded, WorkerSettings, work

queue = Queue.from_environment()
EFFECT = "INSERT INTO effects (document, job, attempt) VALUES (%s, %s, %s)"


@queue.task("draft")
async def draft(job: Job, payload: Payload) -> None:
    """Take a moment, tell how far it is, and write the document's effect."""
    # the only figures that chance decides here are pauses
    await asyncio.sleep(random.expovariate(1 / payload["mean"]))
    await _tell(f"{job.id} half")
    with suppress(Superseded):
        async with job.effect() as connection:
            await connection.execute(EFFECT, (payload["document"], job.id, job.attempt))
            await asyncio.sleep(0.002)


async def _tell(text: str) -> None:
    """Publish to Redis, which may be dead: nothing depends on it."""
    place = urlsplit(os.environ["REDIS_URL"])
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(0.5):
            _, writer = await asyncio.open_connection(place.hostname, place.port)
            writer.write(f"AUTH {place.password}\r\nPUBLISH progress '{text}'\r\n".encode())
            await writer.drain()
            writer.close()


def main() -> None:
    """Fork a worker for each line, until the input ends."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel takes the dead away
    for count, _ in enumerate(sys.stdin):
        if pid := os.fork():
            sys.stdout.write(f"{pid}\n")
            sys.stdout.flush()
            continue
        os.environ["INSTANCE"] = f"chaos-{count}"
        random.seed()
        null = os.open(os.devnull, os.O_RDWR)
        os.dup2(null, 0)
        os.dup2(null, 1)
        asyncio.run(work(queue, WorkerSettings.from_environment()))
        os._exit(0)


if __name__ == "__main__":
    main()
