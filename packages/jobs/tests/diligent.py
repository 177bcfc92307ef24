"""A worker for the tests: what its tasks do is told by their payloads."""

import asyncio
import logging
import os
import signal
import time
from datetime import timedelta

from seaway_jobs import GiveUp, Job, Payload, Queue, TryAgain, WorkerSettings, work

queue = Queue.from_environment()
WRITE = "INSERT INTO effects (job, attempt, process) VALUES (%s, %s, %s)"


@queue.task("write", first_wait=timedelta(milliseconds=100))
async def write(job: Job, payload: Payload) -> None:
    """Take some time, then write one row."""
    first = payload.get("first", 0) if job.attempt == 1 else 0
    await asyncio.sleep(first + payload.get("seconds", 0))
    async with job.effect() as connection:
        await connection.execute(WRITE, (job.id, job.attempt, os.getpid()))
        await asyncio.sleep(payload.get("inside", 0) if job.attempt == 1 else 0)


@queue.task("fail", attempts=3, first_wait=timedelta(milliseconds=100))
async def fail(job: Job, payload: Payload) -> None:
    """Fail as often as asked."""
    if job.attempt <= payload["times"]:
        message = f"attempt {job.attempt}"
        raise RuntimeError(message)
    async with job.effect() as connection:
        await connection.execute(WRITE, (job.id, job.attempt, os.getpid()))


@queue.task("late", attempts=1, timeout=timedelta(milliseconds=100))
async def late(_job: Job, _payload: Payload) -> None:
    """Take too long."""
    await asyncio.sleep(60)


@queue.task("give-up")
async def give_up(_job: Job, payload: Payload) -> None:
    """Say that nothing helps."""
    raise GiveUp(payload["why"])


@queue.task("not-now", attempts=1)
async def not_now(job: Job, _payload: Payload) -> None:
    """Ask for another try, which is not counted."""
    if job.attempt == 1:
        raise TryAgain(after=timedelta(milliseconds=50), reason="busy")


@queue.task("poison")
async def poison(_job: Job, _payload: Payload) -> None:
    """Kill the worker."""
    os.kill(os.getpid(), signal.SIGKILL)


@queue.task("block")
async def block(job: Job, payload: Payload) -> None:
    """Stop the whole process for a while, as a pause of the machine does."""
    if job.attempt == 1:
        time.sleep(payload["seconds"])  # noqa: ASYNC251 - that is the fault
    async with job.effect() as connection:
        await connection.execute(WRITE, (job.id, job.attempt, os.getpid()))


@queue.task("tell")
async def tell(job: Job, _payload: Payload) -> None:
    """Report progress."""
    await job.progress(40, "second of five pages")


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(message)s")
    asyncio.run(work(queue, WorkerSettings.from_environment()))
