"""Holds what requests are answered with: the settings and every store, made once per process."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import valkey.asyncio as valkey
from fastapi import Depends
from fastapi.requests import HTTPConnection
from pymongo import AsyncMongoClient
from qingyu_contract.database import Database, Record, connected
from seaway_jobs import Queue
from seaway_service import cache
from seaway_service.access import Access
from seaway_service.passwords import Passwords
from seaway_service.sessions import Sessions
from seaway_service.setting_types import secrets_in
from seaway_service.throttle import Throttle
from seaway_service.tokens import Tokens

from qingyu.clients.writer import Patience, Writer
from qingyu.metrics import COUNTS, NAME
from qingyu.settings import Settings
from qingyu.stores.accounts import Accounts
from qingyu.stores.conversations import Conversations
from qingyu.stores.documents import Documents, Jobs

AUTH = "/api/v1/auth"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One of each; opened and closed by the application's lifespan."""

    settings: Settings
    started_at: datetime
    client: AsyncMongoClient[Record]
    database: Database
    redis: valkey.Valkey
    access: Access
    accounts: Accounts
    documents: Documents
    conversations: Conversations
    writer: Writer

    async def close(self) -> None:
        """Close all connections."""
        self.access.passwords.close()
        await self.writer.close()
        await self.redis.aclose()
        await self.client.close()


def made(settings: Settings) -> Parts:
    """Make all parts; nothing connects yet."""
    client = connected(settings.MONGODB_URI, settings.INSTANCE)
    database = client.get_default_database()
    redis = cache.connected(settings.REDIS_URL)
    patience = Patience(whole=settings.AI_DEADLINE_SECONDS, silence=settings.AI_SILENCE_SECONDS)
    return Parts(
        settings=settings,
        started_at=datetime.now(UTC),
        client=client,
        database=database,
        redis=redis,
        access=access(settings, redis),
        accounts=Accounts(database),
        documents=Documents(database, Jobs(settings.DATABASE_URL, Queue(settings.AI_QUEUE_NAME))),
        conversations=Conversations(database),
        writer=Writer(settings.AI_SERVICE_URL, settings.AI_KEY, patience),
    )


def access(settings: Settings, redis: valkey.Valkey) -> Access:
    """Return the door: who may come in, and for how long."""
    lifetime, secret = settings.JWT_REFRESH_EXPIRES_IN, settings.SESSION_SECRET
    return Access(
        name=NAME,
        throttle=Throttle(redis, NAME),
        passwords=Passwords(settings.BCRYPT_SALT_ROUNDS),
        sessions=Sessions(redis, lifetime, prefix=NAME, secret=secret),
        tokens=Tokens(secrets_in(settings.JWT_SECRET), settings.JWT_EXPIRES_IN, NAME),
        logins=COUNTS.logins,
        origins=settings.origins,
        over_tls=settings.over_tls,
        refresh_path=AUTH,
    )


# async, although it waits for nothing: FastAPI would take anything else to another thread
async def of(connection: HTTPConnection) -> Parts:
    """Return the parts of the application that answers this request."""
    parts = connection.app.state.parts
    if not isinstance(parts, Parts):  # pragma: no cover
        raise TypeError
    return parts


Known = Annotated[Parts, Depends(of)]
