"""Holds what requests are answered with: the settings and every store, made once per process."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

import valkey.asyncio as valkey
from fastapi import Depends
from fastapi.requests import HTTPConnection
from seaway_jobs import Queue

from nutrition.clients import ai
from nutrition.clients.alipay import Alipay
from nutrition.clients.payments import PayService
from nutrition.clients.wechat import WeChat
from nutrition.passwords import Passwords
from nutrition.setting_types import secrets_in
from nutrition.settings import Settings
from nutrition.shared_settings import Shared
from nutrition.signing import Credentials
from nutrition.stores import cache
from nutrition.stores.accounts import Accounts
from nutrition.stores.database import Database
from nutrition.stores.dishes import Dishes
from nutrition.stores.events import Events
from nutrition.stores.objects import Objects
from nutrition.stores.orders import Orders
from nutrition.stores.photos import Photos
from nutrition.stores.preferences import Preferences
from nutrition.stores.quota import Quota
from nutrition.stores.sessions import Sessions
from nutrition.stores.throttle import Throttle
from nutrition.tokens import Tokens


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
    sessions: Sessions
    throttle: Throttle
    quota: Quota
    events: Events
    tokens: Tokens
    passwords: Passwords
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
        sessions=Sessions(redis, settings.JWT_REFRESH_EXPIRES_IN, settings.SESSION_SECRET),
        throttle=Throttle(redis),
        quota=Quota(redis, settings.RATE_LIMIT_MAX_REQUESTS, settings.RATE_LIMIT_WINDOW_MS),
        events=Events(redis),
        tokens=Tokens(secrets_in(settings.JWT_SECRET), settings.JWT_EXPIRES_IN),
        passwords=Passwords(settings.BCRYPT_SALT_ROUNDS),
        search=ai.search(settings),
        vision=ai.vision(settings),
        chat=ai.chat(settings),
        pay=pay_services(settings),
    )


def opened(settings: Shared) -> Database:
    """Return the pool of connections; nothing connects yet."""
    return Database(
        settings.database_url, connections=settings.DB_MAX_CONNECTIONS, client=settings.INSTANCE
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
