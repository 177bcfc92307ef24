"""Holds what requests are answered with: the settings and every store, made once per process."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import valkey.asyncio as valkey
from fastapi import Depends
from fastapi.requests import HTTPConnection
from seaway_jobs import Queue

from aixsss.keyring import Keyring
from aixsss.passwords import Passwords
from aixsss.setting_types import secrets_in
from aixsss.settings import Settings
from aixsss.signing import Credentials
from aixsss.stores import cache
from aixsss.stores.accounts import Accounts
from aixsss.stores.database import Database
from aixsss.stores.events import Events
from aixsss.stores.files import Files
from aixsss.stores.jobs import Jobs
from aixsss.stores.objects import Objects
from aixsss.stores.provider_keys import ProviderKeys
from aixsss.stores.sessions import Sessions
from aixsss.stores.throttle import Throttle
from aixsss.tokens import Tokens

MEGABYTE = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One of each; opened and closed by the application's lifespan."""

    settings: Settings
    started_at: datetime
    database: Database
    redis: valkey.Valkey
    objects: Objects
    accounts: Accounts
    provider_keys: ProviderKeys
    files: Files
    queue: Queue
    jobs: Jobs
    sessions: Sessions
    throttle: Throttle
    events: Events
    tokens: Tokens
    passwords: Passwords


def made(settings: Settings) -> Parts:
    """Make all parts; nothing connects yet."""
    database = Database(
        settings.DATABASE_URL, connections=settings.DATABASE_POOL, client=settings.INSTANCE
    )
    redis = cache.connected(settings.REDIS_URL)
    credentials = Credentials(
        access_key=settings.S3_ACCESS_KEY_ID,
        secret_key=settings.S3_SECRET_ACCESS_KEY,
        region=settings.S3_REGION,
    )
    keyring = Keyring.parse(settings.API_KEY_ENCRYPTION_KEY)
    queue = Queue(settings.AI_QUEUE_NAME)
    return Parts(
        settings=settings,
        started_at=datetime.now(UTC),
        database=database,
        redis=redis,
        objects=Objects(settings.S3_ENDPOINT, settings.S3_BUCKET, credentials),
        accounts=Accounts(database),
        provider_keys=ProviderKeys(database, keyring),
        files=Files(database, settings.FILES_QUOTA_MB * MEGABYTE),
        queue=queue,
        jobs=Jobs(database, queue, settings.JOBS_PENDING),
        sessions=Sessions(redis, settings.session_lifetime),
        throttle=Throttle(redis),
        events=Events(redis),
        tokens=Tokens(secrets_in(settings.JWT_SECRET), settings.access_lifetime),
        passwords=Passwords(),
    )


# async, although it waits for nothing: FastAPI would take anything else to another thread
async def of(connection: HTTPConnection) -> Parts:
    """Return the parts of the application that answers this request."""
    parts = connection.app.state.parts
    if not isinstance(parts, Parts):  # pragma: no cover
        raise TypeError
    return parts


Known = Annotated[Parts, Depends(of)]
