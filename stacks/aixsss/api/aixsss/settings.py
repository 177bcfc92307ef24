"""States every setting of the API, with its limits and its default."""

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from seaway_service.origins import Origins, all_over_tls, origins_in
from seaway_service.setting_types import (
    AppEnv,
    DatabaseUrl,
    LogLevel,
    QueueName,
    RedisUrl,
    Secret,
    SigningKeys,
    password,
    read,
    secrets_in,
    weak,
)
from seaway_service.strength import PASSWORD_LENGTH, SIGNING_LENGTH

from aixsss.keyring import EncryptionKeys


class Settings(BaseModel):
    """All settings, named as in the environment; each secret may come as `NAME_FILE`."""

    # a refused value may be a secret: it must not be quoted in the message
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    APP_ENV: AppEnv = AppEnv.PRODUCTION
    HOST: str = "127.0.0.1"
    PORT: Annotated[int, Field(ge=1, le=65535)] = 8000
    DATABASE_URL: DatabaseUrl
    DATABASE_POOL: Annotated[int, Field(ge=1, le=100)] = 10
    REDIS_URL: RedisUrl
    S3_ENDPOINT: Annotated[str, Field(pattern=r"^https?://[^/?#]+/?$")]
    S3_REGION: str = "us-east-1"
    S3_ACCESS_KEY_ID: Secret
    S3_SECRET_ACCESS_KEY: Secret
    S3_BUCKET: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    JWT_SECRET: SigningKeys
    ACCESS_TOKEN_MINUTES: Annotated[int, Field(ge=1, le=1440)] = 15
    REFRESH_TOKEN_DAYS: Annotated[int, Field(ge=1, le=90)] = 7
    API_KEY_ENCRYPTION_KEY: EncryptionKeys
    AI_QUEUE_NAME: QueueName = "ai-jobs"
    CORS_ORIGIN: Origins = ""
    TRUSTED_PROXIES: str = "127.0.0.1"
    FILES_QUOTA_MB: Annotated[int, Field(ge=1)] = 2048
    JOBS_PENDING: Annotated[int, Field(ge=1)] = 50
    LOG_LEVEL: LogLevel = "info"
    STOP_SECONDS: Annotated[int, Field(ge=1, le=3600)] = 25
    RELEASE_VERSION: str = "unreleased"
    RELEASE_COMMIT: str = ""
    RELEASE_DATE: str = ""
    INSTANCE: str = "api-1"

    @model_validator(mode="after")
    def _no_weak_secrets(self) -> Self:
        if self.APP_ENV is not AppEnv.DEVELOPMENT and (why := weak(self._secrets())):
            raise ValueError(why)
        return self

    def _secrets(self) -> tuple[tuple[str, str, int], ...]:
        signing = (("JWT_SECRET", one, SIGNING_LENGTH) for one in secrets_in(self.JWT_SECRET))
        return (
            ("DATABASE_URL", password(self.DATABASE_URL), PASSWORD_LENGTH),
            ("REDIS_URL", password(self.REDIS_URL), PASSWORD_LENGTH),
            ("S3_SECRET_ACCESS_KEY", self.S3_SECRET_ACCESS_KEY, PASSWORD_LENGTH),
            *signing,
        )

    @property
    def origins(self) -> tuple[str, ...]:
        """The web origins that may call with credentials."""
        return origins_in(self.CORS_ORIGIN)

    @property
    def over_tls(self) -> bool:
        """People reach the web by https, so that cookies must not travel without it."""
        return all_over_tls(self.origins)

    @property
    def access_lifetime(self) -> timedelta:
        """How long an access token and the playback cookie are good for."""
        return timedelta(minutes=self.ACCESS_TOKEN_MINUTES)

    @property
    def session_lifetime(self) -> timedelta:
        """How long a session lives after its last refresh."""
        return timedelta(days=self.REFRESH_TOKEN_DAYS)

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        secrets = [secret for _, secret, _ in self._secrets()]
        secrets += secrets_in(self.API_KEY_ENCRYPTION_KEY)
        return tuple(filter(None, secrets))


def settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings, all of them checked.

    Raises:
        UnusableEnvironmentError: with one line that names every variable at fault.
    """
    return read(Settings, environ)
