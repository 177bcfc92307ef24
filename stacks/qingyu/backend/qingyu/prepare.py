"""Runs before each release: makes the indexes of the database; `python -m qingyu.prepare`.

Safe to run twice, and twice at once.
"""

import asyncio
import os
import sys

from qingyu_contract.database import connected, made_ready
from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json
from seaway_service.setting_types import read

from qingyu.metrics import NAME
from qingyu.settings import Settings


def main() -> int:
    """Prepare; returns the exit status."""
    try:
        chosen = read(Settings, os.environ)
    except UnusableEnvironmentError as error:
        return refused_to_start(NAME, error)
    write_json(f"{NAME}-prepare", chosen)
    asyncio.run(prepared(chosen))
    return 0


async def prepared(chosen: Settings) -> None:
    """Make what a new database needs."""
    async with connected(chosen.MONGODB_URI, chosen.INSTANCE) as client:
        await made_ready(client.get_default_database())


if __name__ == "__main__":
    sys.exit(main())
