"""taskiq on Redis streams, in the two roles of bench/jobs.py."""

import asyncio
import os
import sys
import time

from both import done, held
from taskiq.api import run_receiver_task
from taskiq_redis import RedisStreamBroker

broker = RedisStreamBroker(
    url=os.environ["REDIS_URL"], queue_name="bench-taskiq", max_connection_pool_size=20
)


@broker.task(task_name="nothing")
async def nothing() -> None:
    done()


@broker.task(task_name="hold")
async def hold() -> None:
    await held()


TASKS = {"nothing": nothing, "hold": hold}


async def enqueue(task: str, count: int, batch: int) -> float:
    await broker.startup()
    began = time.perf_counter()
    for _ in range(0, count, batch):
        await asyncio.gather(*(TASKS[task].kiq() for _ in range(batch)))
    took = time.perf_counter() - began
    await broker.shutdown()
    return took


async def work() -> None:
    broker.is_worker_process = True
    await broker.startup()
    limit = int(os.environ["WORKER_CONCURRENCY"])
    await run_receiver_task(broker, max_async_tasks=limit)


if sys.argv[1] == "enqueue":
    print(asyncio.run(enqueue(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
elif sys.argv[1] == "work":
    asyncio.run(work())
