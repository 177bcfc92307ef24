"""Holds what requests are answered with: the settings and every store, made once per process."""

from collections.abc import Mapping
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
from seaway_service.passwords import Passwords
from seaway_service.sessions import Sessions
from seaway_service.setting_types import secrets_in
from seaway_service.signing import Credentials
from seaway_service.throttle import Throttle
from seaway_service.tokens import Tokens

from nutrition.clients import ai
from nutrition.clients.alipay import Alipay
from nutrition.clients.payments import PayService
from nutrition.clients.wechat import WeChat
from nutrition.metrics import COUNTS
from nutrition.names import NAME
from nutrition.settings import Settings
from nutrition.shared_settings import Shared
from nutrition.stores.accounts import Accounts
from nutrition.stores.dishes import Dishes
from nutrition.stores.events import Events
from nutrition.stores.objects import Objects
from nutrition.stores.orders import Orders
from nutrition.stores.photos import Photos
from nutrition.stores.preferences import Preferences
from nutrition.stores.quota import Quota

SEARCH_WIDTH = "-c hnsw.ef_search=100"  # requirement R57


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One of each; opened and closed by the application's lifespan."""

    settings: Settings
    started_at: datetime
    database: Database
    redis: valkey.Valkey
    objects: Objects
    accounts: Accounts
    dishes: Dishes
    preferences: Preferences
    photos: Photos
    orders: Orders
    access: Access
    quota: Quota
    events: Events
    search: ai.Search
    vision: ai.Vision
    chat: ai.Chat
    pay: Mapping[str, PayService]


def made(settings: Settings) -> Parts:
    """Make all parts; nothing connects yet."""
    database = opened(settings)
    redis = cache.connected(settings.REDIS_URL, settings.REDIS_MAX_RETRIES)
    credentials = Credentials(
        access_key=settings.MINIO_ACCESS_KEY,
        secret_key=settings.MINIO_SECRET_KEY,
        region=settings.MINIO_REGION,
    )
    queue = Queue(settings.AI_QUEUE_NAME)
    return Parts(
        settings=settings,
        started_at=datetime.now(UTC),
        database=database,
        redis=redis,
        objects=Objects(settings.MINIO_ENDPOINT, settings.MINIO_BUCKET_NAME, credentials),
        accounts=Accounts(database),
        dishes=Dishes(database, queue),
        preferences=Preferences(database, queue),
        photos=Photos(database, settings.PHOTO_RETENTION),
        orders=Orders(database, queue),
        access=access(settings, redis),
        quota=Quota(redis, settings.RATE_LIMIT_MAX_REQUESTS, settings.RATE_LIMIT_WINDOW_MS),
        events=Events(redis),
        search=ai.search(settings),
        vision=ai.vision(settings),
        chat=ai.chat(settings),
        pay=pay_services(settings),
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
    )


def opened(settings: Shared) -> Database:
    """Return the pool of connections; nothing connects yet."""
    return Database(
        settings.database_url,
        connections=settings.DB_MAX_CONNECTIONS,
        client=f"{NAME} {settings.INSTANCE}",
        options=SEARCH_WIDTH,
    )


def pay_services(settings: Shared) -> Mapping[str, PayService]:
    """Return the ways to pay that have all their keys."""
    on, services = settings.integrations, dict[str, PayService]()
    if on["wechat"]:
        services["wechat"] = WeChat(settings)
    if on["alipay"]:
        services["alipay"] = Alipay(settings)
    return services


# async, although it waits for nothing: FastAPI would take anything else to another thread
async def of(connection: HTTPConnection) -> Parts:
    """Return the parts of the application that answers this request."""
    parts = connection.app.state.parts
    if not isinstance(parts, Parts):  # pragma: no cover
        raise TypeError
    return parts


Known = Annotated[Parts, Depends(of)]
