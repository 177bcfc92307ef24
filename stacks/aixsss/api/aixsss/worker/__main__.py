"""Starts a worker: `python -m aixsss.worker`."""

import asyncio
import os
import sys
from collections.abc import Mapping

import seaway_jobs
from seaway_jobs import Queue, work
from seaway_service.database import migrated
from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json

from aixsss.names import NAME, WORKER
from aixsss.worker import tools, write
from aixsss.worker.settings import WorkerSettings, worker_settings

NEEDED = "0002"
"""The migration without which there are no jobs; later ones are for later workers."""


def main() -> int:
    """Work until told to stop; returns the exit status."""
    try:
        chosen = worker_settings(os.environ)
        of_queue = seaway_jobs.WorkerSettings.from_environment(probed(os.environ))
    except (UnusableEnvironmentError, ValueError) as error:
        return refused_to_start(NAME, error)
    write_json(WORKER, chosen)
    asyncio.run(serve(chosen, of_queue))
    return 0


def probed(environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return the environment with the port for health checks under the name the queue knows."""
    return {"PORT": environ.get("PROBE_PORT", "0"), **environ}


async def serve(chosen: WorkerSettings, of_queue: seaway_jobs.WorkerSettings) -> None:
    """Wait for the tables, then carry out jobs until told to stop."""
    queue = Queue(chosen.AI_QUEUE_NAME)
    write.register(queue)
    made = tools.made(chosen)
    try:
        await migrated(made.database, NEEDED)
        await work(queue, of_queue, resources=made)
    finally:
        await made.close()


if __name__ == "__main__":
    sys.exit(main())
