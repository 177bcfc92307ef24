"""Runs once before each release: brings the schema up to date, and makes the first account.

`python -m lulab.prepare`; safe to run twice, and twice at once.
"""

import asyncio
import logging
import os
import sys
from pathlib import Path

from alembic import command
from alembic.config import Config
from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.logs import write_json
from seaway_service.passwords import Passwords
from seaway_service.setting_types import read
from sqlalchemy import update

from lulab.http.identity import ADMIN
from lulab.names import NAME, PREPARE
from lulab.parts import COST, opened
from lulab.settings import Settings
from lulab.stores.accounts import Accounts, EmailTakenError
from lulab.stores.models import Account

log = logging.getLogger(__name__)


def main() -> int:
    """Prepare; returns the exit status."""
    try:
        chosen = read(Settings, os.environ)
    except UnusableEnvironmentError as error:
        return refused_to_start(NAME, error)
    write_json(PREPARE, chosen)
    command.upgrade(Config(Path(__file__).parent.parent / "alembic.ini"), "head")
    if chosen.ADMIN_EMAIL:
        asyncio.run(admin_made(chosen))
    return 0


async def admin_made(chosen: Settings) -> None:
    """Make the account of the admin, or give it the password of now."""
    stores, passwords = opened(chosen), Passwords(COST)
    accounts, email = Accounts(stores.database), chosen.ADMIN_EMAIL.lower()
    try:
        known = await accounts.by_email(email)
        if known is not None and await passwords.right(chosen.ADMIN_PASSWORD, known.password_hash):
            return
        hashed = await passwords.hashed(chosen.ADMIN_PASSWORD)
        try:
            await accounts.add(Account(email=email, password_hash=hashed, role=ADMIN))
        except EmailTakenError:
            async with stores.database.transaction() as session:
                changed = update(Account).where(Account.email == email)
                await session.execute(changed.values(password_hash=hashed, role=ADMIN))
    finally:
        passwords.close()
        await stores.close()
    log.info("the account of the admin has its password", extra={"email": email})


if __name__ == "__main__":
    sys.exit(main())
