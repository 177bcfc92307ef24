"""Holds what jobs are carried out with: made once per worker, and whom to ask for a job."""

from dataclasses import dataclass
from datetime import timedelta

import valkey.asyncio as valkey
from seaway_jobs import TryAgain
from seaway_service import cache
from seaway_service.database import Database

from aixsss.ai.chat import Chat, Model
from aixsss.ai.failures import RefusedError, Why
from aixsss.ai.providers import PROVIDERS
from aixsss.keyring import Keyring, UnknownKeyError, UnreadableSecretError
from aixsss.stores.events import Events
from aixsss.stores.models import JobRecord
from aixsss.stores.provider_keys import ProviderKeys
from aixsss.worker.settings import WorkerSettings

NEW_KEY = timedelta(seconds=5)
"""After which a worker of the next release should have been started."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """One of each, shared by the jobs that this worker has in hand."""

    settings: WorkerSettings
    database: Database
    redis: valkey.Valkey
    events: Events
    provider_keys: ProviderKeys
    chat: Chat

    async def close(self) -> None:
        """Let go of all connections."""
        await self.chat.close()
        await self.redis.aclose()
        await self.database.close()

    async def model(self, job: JobRecord) -> Model:
        """Return whom to ask: the provider whose key the owner chose, or the stack's own.

        Raises:
            RefusedError: the owner's key is gone.
            TryAgain: the key was encrypted by a release that this worker is not of.
        """
        settings = self.settings
        if not job.provider:
            return Model(
                provider="the model", base_url=settings.AI_BASE_URL, name=settings.AI_MODEL,
                key=settings.AI_API_KEY,
            )  # fmt: skip
        provider = PROVIDERS.get(job.provider)
        try:
            key = await self.provider_keys.opened(job.owner_id, job.provider)
        except UnknownKeyError as error:
            raise TryAgain(after=NEW_KEY, reason=str(error)) from error
        except UnreadableSecretError as error:
            raise RefusedError(Why.NO_KEY, f"the key for {job.provider} is damaged") from error
        if provider is None or key is None:
            raise RefusedError(Why.NO_KEY, f"no key for {job.provider} is saved")
        return Model(
            provider=job.provider, base_url=settings.AI_PROVIDERS_URL or provider.base_url,
            name=provider.model, key=key,
        )  # fmt: skip


def made(settings: WorkerSettings) -> Tools:
    """Make all tools; nothing connects yet."""
    # half of the jobs may look something up at one moment; the queue has connections of its own
    connections = max(2, settings.WORKER_CONCURRENCY // 2)
    database = Database(settings.DATABASE_URL, connections=connections, client=settings.INSTANCE)
    redis = cache.connected(settings.REDIS_URL)
    return Tools(
        settings=settings,
        database=database,
        redis=redis,
        events=Events(redis),
        provider_keys=ProviderKeys(database, Keyring.parse(settings.API_KEY_ENCRYPTION_KEY)),
        chat=Chat(silence_seconds=settings.AI_SILENCE_SECONDS),
    )
