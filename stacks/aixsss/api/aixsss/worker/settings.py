"""States every setting of the worker that is not one of the queue's own."""

import os
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from seaway_service.setting_types import (
    AppEnv,
    DatabaseUrl,
    HttpUrl,
    LogLevel,
    QueueName,
    RedisUrl,
    Secret,
    password,
    read,
    secrets_in,
    weak,
)
from seaway_service.strength import PASSWORD_LENGTH

from aixsss.keyring import EncryptionKeys


class WorkerSettings(BaseModel):
    """All settings, named as in the environment; each secret may come as `NAME_FILE`."""

    # a refused value may be a secret: it must not be quoted in the message
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    APP_ENV: AppEnv = AppEnv.PRODUCTION
    DATABASE_URL: DatabaseUrl
    REDIS_URL: RedisUrl
    API_KEY_ENCRYPTION_KEY: EncryptionKeys
    AI_QUEUE_NAME: QueueName = "ai-jobs"
    AI_BASE_URL: HttpUrl
    AI_MODEL: Annotated[str, Field(min_length=1, max_length=200)]
    AI_API_KEY: Secret
    AI_PROVIDERS_URL: HttpUrl | None = None
    AI_SILENCE_SECONDS: Annotated[float, Field(gt=0, le=600)] = 60
    WORKER_CONCURRENCY: Annotated[int, Field(ge=1, le=100)] = 4
    LOG_LEVEL: LogLevel = "info"
    RELEASE_VERSION: str = "unreleased"
    INSTANCE: str = "worker-1"

    @model_validator(mode="after")
    def _no_weak_secrets(self) -> Self:
        if self.APP_ENV is not AppEnv.DEVELOPMENT and (why := weak(self._secrets())):
            raise ValueError(why)
        return self

    def _secrets(self) -> tuple[tuple[str, str, int], ...]:
        return (
            ("DATABASE_URL", password(self.DATABASE_URL), PASSWORD_LENGTH),
            ("REDIS_URL", password(self.REDIS_URL), PASSWORD_LENGTH),
            ("AI_API_KEY", self.AI_API_KEY, PASSWORD_LENGTH),
        )

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        secrets = [secret for _, secret, _ in self._secrets()]
        secrets += secrets_in(self.API_KEY_ENCRYPTION_KEY)
        return tuple(filter(None, secrets))


def worker_settings(environ: Mapping[str, str] = os.environ) -> WorkerSettings:
    """Read the settings, all of them checked.

    Raises:
        UnusableEnvironmentError: with one line that names every variable at fault.
    """
    return read(WorkerSettings, environ)
