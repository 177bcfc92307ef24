"""Makes the test data anew: `python -m lulab.reset`, at night in the environment for tests.

Everything but the accounts of admins is deleted: recordings in the object store too.
"""

import asyncio
import logging
import os
import sys
from typing import Literal

from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json
from seaway_service.setting_types import AppEnv, read
from sqlalchemy import delete, select

from lulab.http.identity import ADMIN
from lulab.names import NAME, RESET
from lulab.parts import Stores, opened
from lulab.shared_settings import Shared
from lulab.stores.models import Account, AuditEntry, Meeting, Recording

log = logging.getLogger(__name__)


class ResetSettings(Shared):
    """What it needs to know; in production it never runs, whatever is set."""

    TEST_DATA: Literal["keep", "reset"] = "keep"


def main() -> int:
    """Delete the test data; returns the exit status."""
    try:
        chosen = read(ResetSettings, os.environ)
    except UnusableEnvironmentError as error:
        return refused_to_start(NAME, error)
    write_json(RESET, chosen)
    if chosen.TEST_DATA == "keep":
        return 0
    if chosen.APP_ENV is AppEnv.PRODUCTION:
        log.error("refused: what is in production is no test data")
        return 1
    asyncio.run(cleared(opened(chosen)))
    return 0


async def cleared(stores: Stores) -> None:
    """Delete rows, then what they pointed at; a job in hand finds its recording gone."""
    try:
        async with stores.database.transaction() as session:
            asked = select(Recording.object_key).where(Recording.object_key != "")
            keys = (await session.scalars(asked)).all()
            await session.execute(delete(Meeting))
            await session.execute(delete(AuditEntry))
            users = await session.execute(
                delete(Account).where(Account.role != ADMIN).returning(Account.id)
            )
            count = len(users.all())
        for key in keys:
            await stores.objects.delete(key)
        await stores.reads.wrote()
    finally:
        await stores.close()
    log.info("test data reset", extra={"recordings": len(keys), "users": count})


if __name__ == "__main__":
    sys.exit(main())
