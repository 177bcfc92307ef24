"""Holds what requests are answered with: the settings and every store, made once per process."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import valkey.asyncio as valkey
from fastapi import Depends
from fastapi.requests import HTTPConnection
from seaway_jobs import Queue
from seaway_service import cache
from seaway_service.access import Access
from seaway_service.database import Database
from seaway_service.objects import Objects
from seaway_service.passwords import Passwords
from seaway_service.sessions import Sessions
from seaway_service.setting_types import secrets_in
from seaway_service.signing import Credentials
from seaway_service.throttle import Throttle
from seaway_service.tokens import Tokens

from aixsss.keyring import Keyring
from aixsss.metrics import COUNTS
from aixsss.names import NAME
from aixsss.settings import Settings
from aixsss.stores.accounts import Accounts
from aixsss.stores.events import Events
from aixsss.stores.files import Files
from aixsss.stores.jobs import Jobs
from aixsss.stores.provider_keys import ProviderKeys

MEGABYTE = 1024 * 1024
COST = 12  # of bcrypt: a quarter of a second on one core


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
    access: Access
    events: Events


def made(settings: Settings) -> Parts:
    """Make all parts; nothing connects yet."""
    database = Database(
        settings.DATABASE_URL,
        connections=settings.DATABASE_POOL,
        client=f"{NAME} {settings.INSTANCE}",
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
        access=access(settings, redis),
        events=Events(redis),
    )


def access(settings: Settings, redis: valkey.Valkey) -> Access:
    """Return the door: who may come in, and for how long."""
    return Access(
        name=NAME,
        throttle=Throttle(redis, NAME),
        passwords=Passwords(COST),
        sessions=Sessions(redis, settings.session_lifetime, prefix=NAME),
        tokens=Tokens(secrets_in(settings.JWT_SECRET), settings.access_lifetime, NAME),
        logins=COUNTS.logins,
        origins=settings.origins,
        over_tls=settings.over_tls,
    )


# async, although it waits for nothing: FastAPI would take anything else to another thread
async def of(connection: HTTPConnection) -> Parts:
    """Return the parts of the application that answers this request."""
    parts = connection.app.state.parts
    if not isinstance(parts, Parts):  # pragma: no cover
        raise TypeError
    return parts


Known = Annotated[Parts, Depends(of)]
