"""Encrypts provider keys anew that are under an older encryption key: `python -m aixsss.rekey`.

Safe to run at any time, twice and at once; interrupted, the next one goes on where it was.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict
from seaway_service.database import Database
from seaway_service.environment import UnusableEnvironmentError, refused_to_start
from seaway_service.errors import UnavailableError
from seaway_service.logs import write_json
from seaway_service.setting_types import (
    AppEnv,
    DatabaseUrl,
    LogLevel,
    password,
    read,
    secrets_in,
)

from aixsss.keyring import EncryptionKeys, Keyring
from aixsss.names import NAME, REKEY
from aixsss.stores.provider_keys import Place, ProviderKeys

EX_TEMPFAIL = 75  # sysexits.h

log = logging.getLogger(__name__)


class RekeySettings(BaseModel):
    """What it needs to know, named as in the environment."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    APP_ENV: AppEnv = AppEnv.PRODUCTION
    DATABASE_URL: DatabaseUrl
    API_KEY_ENCRYPTION_KEY: EncryptionKeys
    LOG_LEVEL: LogLevel = "info"
    RELEASE_VERSION: str = "unreleased"
    INSTANCE: str = "rekey"

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        known = (password(self.DATABASE_URL), *secrets_in(self.API_KEY_ENCRYPTION_KEY))
        return tuple(filter(None, known))


def main(environ: Mapping[str, str] = os.environ) -> int:
    """Go through all keys once; returns the exit status."""
    try:
        chosen = read(RekeySettings, environ)
    except UnusableEnvironmentError as error:
        return refused_to_start(NAME, error)
    write_json(REKEY, chosen)
    try:
        asyncio.run(rekey(chosen))
    except UnavailableError as error:
        log.warning("interrupted", extra={"why": str(error.__cause__ or error)})
        return EX_TEMPFAIL
    return 0


async def rekey(chosen: RekeySettings) -> None:
    """Encrypt anew, some hundred at a time, and say how many."""
    keyring = Keyring.parse(chosen.API_KEY_ENCRYPTION_KEY)
    database = Database(chosen.DATABASE_URL, connections=1, client=chosen.INSTANCE)
    keys = ProviderKeys(database, keyring)
    done = unreadable = 0
    try:
        last: Place | None = None
        while True:
            some = await keys.rekey(last)
            done, unreadable, last = done + some.done, unreadable + some.unreadable, some.last
            if last is None:
                break
    finally:
        await database.close()
        # one that no key opens is no reason to stop a release: its owner saves it again
        level = logging.ERROR if unreadable else logging.INFO
        counts = {"done": done, "unreadable": unreadable, "key": keyring.key_id}
        log.log(level, "provider keys encrypted anew", extra=counts)


if __name__ == "__main__":
    sys.exit(main())
