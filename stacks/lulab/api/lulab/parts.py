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

from lulab.clients.meeting import Meeting
from lulab.metrics import COUNTS
from lulab.names import NAME
from lulab.settings import Settings
from lulab.shared_settings import Shared
from lulab.stores.accounts import Accounts
from lulab.stores.audit import Audit
from lulab.stores.meetings import Meetings
from lulab.stores.reads import Reads
from lulab.stores.seen import Seen

COST = 12  # of bcrypt: a quarter of a second on one core


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What the API and the worker both keep things in."""

    database: Database
    replica: Database | None
    redis: valkey.Valkey
    objects: Objects
    reads: Reads

    async def close(self) -> None:
        """Close all connections."""
        await self.objects.close()
        await self.redis.aclose()
        await self.database.close()
        if self.replica is not None:
            await self.replica.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One of each; opened and closed by the application's lifespan."""

    settings: Settings
    started_at: datetime
    stores: Stores
    accounts: Accounts
    meetings: Meetings
    audit: Audit
    seen: Seen
    access: Access
    meeting: Meeting


def made(settings: Settings) -> Parts:
    """Make all parts; nothing connects yet."""
    stores = opened(settings)
    queue = Queue(settings.AI_QUEUE_NAME)
    return Parts(
        settings=settings,
        started_at=datetime.now(UTC),
        stores=stores,
        accounts=Accounts(stores.database),
        meetings=Meetings(stores.database, stores.reads, queue),
        audit=Audit(stores.database),
        seen=Seen(stores.redis),
        access=access(settings, stores.redis),
        meeting=Meeting(settings),
    )


def opened(settings: Shared) -> Stores:
    """Return the stores; nothing connects yet."""
    connections, client = settings.DATABASE_POOL, f"{NAME} {settings.INSTANCE}"
    database = Database(settings.DATABASE_URL, connections=connections, client=client)
    replica = None
    if settings.READ_DATABASE_URL:
        replica = Database(settings.READ_DATABASE_URL, connections=connections, client=client)
    redis = cache.connected(settings.REDIS_URL, retries=3, nodes=settings.REDIS_NODES)
    credentials = Credentials(
        access_key=settings.S3_ACCESS_KEY_ID,
        secret_key=settings.S3_SECRET_ACCESS_KEY,
        region=settings.S3_REGION,
    )
    return Stores(
        database=database,
        replica=replica,
        redis=redis,
        objects=Objects(settings.S3_ENDPOINT, settings.S3_BUCKET, credentials),
        reads=Reads(database, replica, redis),
    )


def access(settings: Settings, redis: valkey.Valkey) -> Access:
    """Return the door: who may come in, and for how long."""
    return Access(
        name=NAME,
        throttle=Throttle(redis, NAME),
        passwords=Passwords(COST),
        sessions=Sessions(redis, settings.SESSION_EXPIRES_IN, prefix=NAME),
        tokens=Tokens(secrets_in(settings.JWT_SECRET), settings.JWT_EXPIRES_IN, NAME),
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
