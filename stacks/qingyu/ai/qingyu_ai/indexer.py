"""Works off the queue: `python -m qingyu_ai.indexer`; with `prepare`, makes the tables of jobs."""

import asyncio
import os
import sys
from datetime import timedelta

import psycopg
import seaway_jobs
from qingyu_contract.database import connected, made_ready
from seaway_jobs import Queue, WorkerSettings, work
from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json
from seaway_service.setting_types import read

from qingyu_ai.indexing import Tools, register, sweeping
from qingyu_ai.library import Library
from qingyu_ai.settings import IndexerSettings
from qingyu_ai.vectors import Vectors

NAME = "qingyu-indexer"


def main() -> int:
    """Work until told to stop; returns the exit status."""
    try:
        chosen = read(IndexerSettings, os.environ)
        of_queue = WorkerSettings.from_environment({**os.environ, "PORT": port()})
    except (UnusableEnvironmentError, ValueError) as error:
        return refused_to_start(NAME, error)
    write_json(NAME, chosen)
    match sys.argv[1:]:
        case ["prepare"]:
            asyncio.run(prepared(chosen))
        case _:
            asyncio.run(worked(chosen, of_queue))
    return 0


def port() -> str:
    """Return where probes ask."""
    return os.environ.get("PROBE_PORT", "0")


async def prepared(chosen: IndexerSettings) -> None:
    """Make the tables of jobs, and the indexes of the database; safe to do twice, and at once."""
    with psycopg.connect(chosen.DATABASE_URL) as connection:
        seaway_jobs.install(connection)
    async with connected(chosen.MONGODB_URI, chosen.INSTANCE) as client:
        await made_ready(client.get_default_database())


async def worked(chosen: IndexerSettings, of_queue: WorkerSettings) -> None:
    """Carry out jobs until told to stop."""
    queue = Queue(chosen.AI_QUEUE_NAME)
    register(queue)
    client = connected(chosen.MONGODB_URI, chosen.INSTANCE)
    patience = timedelta(seconds=chosen.SEARCH_SECONDS)
    tools = Tools(
        client=client,
        library=Library(client, client.get_default_database()),
        vectors=Vectors(chosen.SEARCH_URL, chosen.SEARCH_KEY, patience),
    )
    sweep = asyncio.create_task(sweeping(tools, queue, chosen.DATABASE_URL))
    try:
        await work(queue, of_queue, resources=tools)
    finally:
        sweep.cancel()
        await tools.close()


if __name__ == "__main__":
    sys.exit(main())
