"""Deletes photos whose time is over and has embedded what is not: `python -m nutrition.tidy`.

With `--now TIME` (ISO 8601, with its zone) it does what it would do then.
"""

import argparse
import asyncio
import logging
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from seaway_jobs import Queue
from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json
from seaway_service.setting_types import read

from nutrition.names import NAME, TIDY
from nutrition.shared_settings import Shared
from nutrition.worker.tools import Tools, made

log = logging.getLogger(__name__)


def main(words: Sequence[str]) -> int:
    """Tidy up once; returns the exit status."""
    parser = argparse.ArgumentParser(prog="nutrition.tidy")
    parser.add_argument("--now", type=moment, default=datetime.now(UTC))
    asked = parser.parse_args(words)
    try:
        chosen = read(Shared, os.environ)
    except UnusableEnvironmentError as error:
        return refused_to_start(NAME, error)
    write_json(TIDY, chosen)
    asyncio.run(tidied(chosen, asked.now))
    return 0


def moment(text: str) -> datetime:
    """Read a time; without a zone it would mean another one on each machine."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError("must have a zone: 2026-12-31T00:00:00Z")
    return found


async def tidied(chosen: Shared, now: datetime) -> None:
    """Do all of it."""
    tools = made(chosen, Queue(chosen.AI_QUEUE_NAME))
    try:
        photos = await photos_deleted(tools, now)
        dishes, users = await tools.dishes.stale(), await tools.preferences.stale()
        await tools.dishes.again(dishes)
        await tools.preferences.again(users)
    finally:
        await tools.close()
    counts = {"photos": photos, "dishes": len(dishes), "preferences": len(users)}
    log.info("tidied up", extra={"now": now.isoformat(), **counts})


async def photos_deleted(tools: Tools, now: datetime) -> int:
    """Delete the photos whose time is over: the picture first, so that none is forgotten."""
    count = 0
    while found := await tools.photos.over(now):
        for photo in found:
            await tools.vision.forget(photo)
            await tools.photos.forget(photo)
        count += len(found)
    return count


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
