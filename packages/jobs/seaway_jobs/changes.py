"""Follows what happens to the jobs of a queue, as it happens."""

import asyncio
import json
from collections.abc import AsyncIterator

import psycopg

from seaway_jobs.views import Change, State

CHANNEL = "seaway_jobs_changes"
LONGEST_PAUSE = 2.0


async def changes(database_url: str, queue: str) -> AsyncIterator[Change]:
    """Yield changes until the caller stops; connects again by itself when the database was away."""
    pause = 0.1
    while True:
        try:
            connection = await psycopg.AsyncConnection.connect(
                database_url, autocommit=True, connect_timeout=5, application_name="seaway-jobs"
            )
            async with connection:
                await connection.execute(f"LISTEN {CHANNEL}".encode())
                pause = 0.1
                async for notice in connection.notifies():
                    if (change := _change(notice.payload)).queue == queue:
                        yield change
        except psycopg.OperationalError:
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)


def _change(text: str) -> Change:
    found = json.loads(text)
    return Change(**{**found, "state": State(found["state"])})
