"""Starts a worker: `python -m lulab.worker`."""

import asyncio
import os
import sys
from collections.abc import Mapping

import seaway_jobs
from seaway_jobs import Queue, work
from seaway_service.database import migrated
from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json
from seaway_service.setting_types import read

from lulab.names import NAME, WORKER
from lulab.shared_settings import Shared
from lulab.worker import tasks, tools

NEEDED = "0001"
"""The migration without which there are no jobs; later ones are for later workers."""


def main() -> int:
    """Work until told to stop; returns the exit status."""
    try:
        chosen = read(Shared, os.environ)
        of_queue = seaway_jobs.WorkerSettings.from_environment(named(os.environ))
    except (UnusableEnvironmentError, ValueError) as error:
        return refused_to_start(NAME, error)
    write_json(WORKER, chosen)
    asyncio.run(serve(chosen, of_queue))
    return 0


def named(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment with the names that the queue knows."""
    port = environ.get("PROBE_PORT", "0")
    return {"PORT": port, **environ}


async def serve(chosen: Shared, of_queue: seaway_jobs.WorkerSettings) -> None:
    """Wait for the tables, then carry out jobs until told to stop."""
    queue = Queue(chosen.AI_QUEUE_NAME)
    tasks.register(queue)
    made = tools.made(chosen, queue)
    try:
        await migrated(made.stores.database, NEEDED)
        await work(queue, of_queue, resources=made)
    finally:
        await made.close()


if __name__ == "__main__":
    sys.exit(main())
