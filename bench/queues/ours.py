"""seaway_jobs, in the two roles of bench/jobs.py."""

import asyncio
import os
import sys
import time

import psycopg
import seaway_jobs
from both import done, held
from seaway_jobs import Queue, WorkerSettings, work

queue = Queue("bench")


@queue.task("nothing")
async def nothing(_job: object, _payload: object) -> None:
    done()


@queue.task("hold")
async def hold(_job: object, _payload: object) -> None:
    await held()


async def enqueue(task: str, count: int, batch: int) -> float:
    url = os.environ["DATABASE_URL"]
    async with await psycopg.AsyncConnection.connect(url, autocommit=True) as connection:
        began = time.perf_counter()
        for _ in range(0, count, batch):
            await queue.enqueue_many(connection, task, [{}] * batch)
        return time.perf_counter() - began


if sys.argv[1] == "prepare":
    with psycopg.connect(os.environ["DATABASE_URL"]) as made:
        seaway_jobs.install(made)
elif sys.argv[1] == "enqueue":
    print(asyncio.run(enqueue(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
else:
    asyncio.run(work(queue, WorkerSettings.from_environment()))
