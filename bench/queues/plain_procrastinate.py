"""procrastinate as it comes, in the two roles of bench/jobs.py."""

import asyncio
import os
import sys
import time

import procrastinate
from both import done, held

app = procrastinate.App(
    connector=procrastinate.PsycopgConnector(conninfo=os.environ["DATABASE_URL"])
)


@app.task(name="nothing", queue="bench")
async def nothing() -> None:
    done()


@app.task(name="hold", queue="bench")
async def hold() -> None:
    await held()


async def enqueue(task: str, count: int, batch: int) -> float:
    async with app.open_async():
        began = time.perf_counter()
        for _ in range(0, count, batch):
            await app.configure_task(task, queue="bench").batch_defer_async(*[{}] * batch)
        return time.perf_counter() - began


async def work() -> None:
    async with app.open_async():
        await app.run_worker_async(
            queues=["bench"], concurrency=int(os.environ["WORKER_CONCURRENCY"])
        )


async def prepare() -> None:
    async with app.open_async():
        await app.schema_manager.apply_schema_async()


if sys.argv[1] == "prepare":
    asyncio.run(prepare())
elif sys.argv[1] == "enqueue":
    print(asyncio.run(enqueue(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))))
else:
    asyncio.run(work())
