"""BullMQ's Python port, in the two roles of bench/jobs.py."""

import asyncio
import os
import sys
import time

from both import done, held
from bullmq import Queue, Worker

URL = os.environ["REDIS_URL"]


async def perform(job: object, _token: str) -> None:
    if job.name == "hold":
        await held()
    done()


async def enqueue(task: str, count: int, batch: int) -> float:
    queue = Queue("bench", {"connection": URL})
    began = time.perf_counter()
    for _ in range(0, count, batch):
        if batch == 1:
            await queue.add(task, {})
        else:
            await queue.addBulk([{"name": task, "data": {}, "opts": {}}] * batch)
    took = time.perf_counter() - began
    await queue.close()
    return took


async def work() -> None:
    options = {"connection": URL, "concurrency": int(os.environ["WORKER_CONCURRENCY"])}
    Worker("bench", perform, options)
    await asyncio.Event().wait()


if sys.argv[1] == "enqueue":
    print(asyncio.run(enqueue(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
elif sys.argv[1] == "work":
    asyncio.run(work())
