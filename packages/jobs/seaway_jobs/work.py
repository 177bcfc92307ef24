"""Runs a worker as a process: its signals, its endpoint and the tables it needs."""

import asyncio
import logging
import signal
from contextlib import AsyncExitStack

import psycopg

from seaway_jobs.endpoint import Answer, answering
from seaway_jobs.errors import DatabaseAway, SchemaTooOld
from seaway_jobs.metrics import metrics
from seaway_jobs.queue import Queue
from seaway_jobs.schema import VERSION, installed
from seaway_jobs.session import LOST
from seaway_jobs.settings import WorkerSettings
from seaway_jobs.worker import Worker

log = logging.getLogger("seaway_jobs")

PATIENCE_SECONDS = 60.0
"""How long the tables may take to appear: a migration may run at the same time."""


async def work(queue: Queue, settings: WorkerSettings, *, resources: object = None) -> None:
    """Work until SIGTERM or SIGINT, then finish what is in hand and return.

    Raises:
        SchemaTooOld: the tables are not there, or older than needed, and stayed so for a minute.
    """
    worker = Worker(queue, settings, resources)
    loop = asyncio.get_running_loop()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, worker.stop)
    async with AsyncExitStack() as stack:
        if settings.port:
            pages = {
                "/readyz": lambda: _ready(worker),
                "/livez": _alive,
                "/metrics": lambda: _metrics(worker),
            }
            await stack.enter_async_context(answering(settings.host, settings.port, pages))
        if await _tables(settings, worker.stopping):
            await worker.run()


async def _tables(settings: WorkerSettings, stopping: asyncio.Event) -> bool:
    """Wait for tables that fit; tell whether there is any work to be done."""
    until = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    found = 0
    while not stopping.is_set():
        try:
            url = settings.database_url
            async with await psycopg.AsyncConnection.connect(url, connect_timeout=5) as connection:
                found = await installed(connection)
        except LOST as error:
            log.warning("no database yet", extra={"why": str(error)[:200]})
        else:
            if found >= VERSION:
                return True
            if asyncio.get_running_loop().time() > until:
                message = f"the tables are of version {found}, this needs {VERSION}: migrate first"
                raise SchemaTooOld(message)
        await asyncio.sleep(0.5)
    return False


async def _ready(worker: Worker) -> Answer:
    return (200, "ready\n") if worker.ready else (503, "not ready\n")


async def _alive() -> Answer:
    return 200, "alive\n"


async def _metrics(worker: Worker) -> Answer:
    text = worker.tally.text()
    try:
        async with worker.connection() as connection:
            text += await metrics(connection)
    except (*LOST, DatabaseAway):
        text += "# the database is away\n"
    return 200, text
