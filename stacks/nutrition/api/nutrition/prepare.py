"""Runs once before each release: brings the schema up to date, and makes the first account.

`python -m nutrition.prepare`; safe to run twice, and twice at once.
"""

import asyncio
import logging
import os
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from seaway_jobs import Queue
from seaway_service.database import Database
from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json
from seaway_service.passwords import Passwords
from sqlalchemy import func, select, text, update

from nutrition import menu
from nutrition.http.identity import ADMIN
from nutrition.names import NAME, PREPARE
from nutrition.parts import opened
from nutrition.settings import Settings, settings
from nutrition.stores.accounts import Accounts, EmailTakenError
from nutrition.stores.dishes import EMBED
from nutrition.stores.models import Account, Dish

LOCK = 4_120_773

log = logging.getLogger(__name__)


def main() -> int:
    """Prepare; returns the exit status."""
    try:
        chosen = settings(os.environ)
    except UnusableEnvironmentError as error:
        return refused_to_start(NAME, error)
    write_json(PREPARE, chosen)
    command.upgrade(Config(Path(__file__).parent.parent / "alembic.ini"), "head")
    asyncio.run(filled(chosen))
    return 0


async def filled(chosen: Settings) -> None:
    """Make what an empty restaurant needs."""
    database = opened(chosen)
    try:
        if chosen.ADMIN_EMAIL:
            await admin_made(chosen, Accounts(database), database)
        if chosen.MENU == "sample":
            await menu_written(database, Queue(chosen.AI_QUEUE_NAME))
    finally:
        await database.close()


async def admin_made(chosen: Settings, accounts: Accounts, database: Database) -> None:
    """Make the account of whoever looks after it, or give it the password of now."""
    email, passwords = chosen.ADMIN_EMAIL.lower(), Passwords(chosen.BCRYPT_SALT_ROUNDS)
    try:
        known = await accounts.by_email(email)
        if known is not None and await passwords.right(chosen.ADMIN_PASSWORD, known.password_hash):
            return
        hashed = await passwords.hashed(chosen.ADMIN_PASSWORD)
    finally:
        passwords.close()
    try:
        await accounts.add(email, hashed, ADMIN)
    except EmailTakenError:
        async with database.transaction() as session:
            changed = update(Account).where(Account.email == email)
            await session.execute(changed.values(password_hash=hashed, role=ADMIN))
    log.info("the account of the admin has its password", extra={"email": email})


async def menu_written(database: Database, queue: Queue) -> None:
    """Write the sample menu where there is none, with the jobs that embed it."""
    async with database.transaction() as session:
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if await session.scalar(select(func.count()).select_from(Dish)):
            return
        dishes = [Dish(**facts) for facts in menu.dishes()]
        session.add_all(dishes)
        await session.flush()
        await queue.enqueue_many(session, EMBED, [{"dish": str(each.id)} for each in dishes])
    log.info("the sample menu is written", extra={"dishes": len(dishes)})


if __name__ == "__main__":
    sys.exit(main())
