"""Holds what jobs are carried out with: made once per worker."""

from collections.abc import Mapping
from dataclasses import dataclass

import valkey.asyncio as valkey
from seaway_jobs import Queue
from seaway_service import cache
from seaway_service.database import Database
from seaway_service.sms import Account, Sms

from nutrition.clients import ai
from nutrition.clients.payments import PayService
from nutrition.parts import opened, pay_services
from nutrition.shared_settings import Shared
from nutrition.stores.dishes import Dishes
from nutrition.stores.events import Events
from nutrition.stores.orders import Orders
from nutrition.stores.photos import Photos
from nutrition.stores.preferences import Preferences


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """One of each."""

    database: Database
    redis: valkey.Valkey
    events: Events
    dishes: Dishes
    preferences: Preferences
    photos: Photos
    orders: Orders
    search: ai.Search
    vision: ai.Vision
    chat: ai.Chat
    pay: Mapping[str, PayService]
    sms: Sms | None

    async def close(self) -> None:
        """Close all connections."""
        clients = (*self.pay.values(), self.search, self.vision, self.chat)
        for client in (*clients, *((self.sms,) if self.sms else ())):
            await client.close()
        await self.redis.aclose()
        await self.database.close()


def made(settings: Shared, queue: Queue) -> Tools:
    """Make all of it; nothing connects yet."""
    database = opened(settings)
    redis = cache.connected(settings.REDIS_URL, settings.REDIS_MAX_RETRIES)
    return Tools(
        database=database,
        redis=redis,
        events=Events(redis),
        dishes=Dishes(database, queue),
        preferences=Preferences(database, queue),
        photos=Photos(database, settings.PHOTO_RETENTION),
        orders=Orders(database, queue),
        search=ai.search(settings),
        vision=ai.vision(settings),
        chat=ai.chat(settings),
        pay=pay_services(settings),
        sms=Sms(sms_account(settings)) if settings.integrations["sms"] else None,
    )


def sms_account(settings: Shared) -> Account:
    """Return the account that short messages are sent by."""
    return Account(
        endpoint=settings.SMS_ENDPOINT,
        access_key=settings.SMS_ACCESS_KEY,
        secret_key=settings.SMS_SECRET_KEY,
        signature=settings.SMS_SIGNATURE,
        template=settings.SMS_TEMPLATE_ID,
    )
