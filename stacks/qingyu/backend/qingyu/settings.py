"""States every setting of the back end, with its limits and its default."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from qingyu_contract.database import MongoUrl
from seaway_service.origins import Origins, all_over_tls, origins_in
from seaway_service.setting_types import (
    AppEnv,
    DatabaseUrl,
    Lifetime,
    LogLevel,
    QueueName,
    RedisUrl,
    Secret,
    SigningKeys,
    password,
    secrets_in,
    weak,
)
from seaway_service.strength import PASSWORD_LENGTH, SIGNING_LENGTH


class Settings(BaseModel):
    """Named as in the environment; each secret may come as `NAME_FILE`."""

    # a refused value may be a secret: it must not be quoted in the message
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    APP_ENV: AppEnv = AppEnv.PRODUCTION
    LOG_LEVEL: LogLevel = "info"
    RELEASE_VERSION: str = "unreleased"
    INSTANCE: str = "backend-1"
    HOST: str = "127.0.0.1"
    PORT: Annotated[int, Field(ge=1, le=65535)] = 8080
    TRUSTED_PROXIES: str = "127.0.0.1"
    CORS_ORIGIN: Origins = ""
    STOP_SECONDS: Annotated[int, Field(ge=1, le=3600)] = 120
    """For the streams that are open."""

    MONGODB_URI: MongoUrl
    REDIS_URL: RedisUrl
    DATABASE_URL: DatabaseUrl
    """Of the queue of jobs."""
    AI_QUEUE_NAME: QueueName = "qingyu"
    AI_SERVICE_URL: Annotated[str, Field(pattern=r"^[^\s/]+:[0-9]{1,5}$")]
    """Host and port, where calls are balanced over the copies."""
    AI_KEY: Secret
    AI_DEADLINE_SECONDS: Annotated[float, Field(gt=0, le=3600)] = 600.0
    """For a whole answer."""
    AI_SILENCE_SECONDS: Annotated[float, Field(gt=0, le=600)] = 30.0
    """Without a beat: then nobody is writing any more."""

    JWT_SECRET: SigningKeys
    JWT_EXPIRES_IN: Lifetime = timedelta(minutes=30)
    JWT_REFRESH_EXPIRES_IN: Lifetime = timedelta(days=7)
    SESSION_SECRET: Secret
    BCRYPT_SALT_ROUNDS: Annotated[int, Field(ge=10, le=15)] = 12

    @model_validator(mode="after")
    def _no_weak_secrets(self) -> Self:
        if self.APP_ENV is not AppEnv.DEVELOPMENT and (why := weak(self._guarded())):
            raise ValueError(why)
        return self

    def _guarded(self) -> tuple[tuple[str, str, int], ...]:
        signing = (("JWT_SECRET", one, SIGNING_LENGTH) for one in secrets_in(self.JWT_SECRET))
        return (
            *signing,
            ("SESSION_SECRET", self.SESSION_SECRET, SIGNING_LENGTH),
            ("AI_KEY", self.AI_KEY, PASSWORD_LENGTH),
        )

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        urls = (self.MONGODB_URI, self.REDIS_URL, self.DATABASE_URL)
        passwords = (password(each) for each in urls)
        return tuple(filter(None, (*(secret for _, secret, _ in self._guarded()), *passwords)))

    @property
    def origins(self) -> tuple[str, ...]:
        """The web origins that may call the API."""
        return origins_in(self.CORS_ORIGIN)

    @property
    def over_tls(self) -> bool:
        """People reach the web by https, so that cookies must not travel without it."""
        return all_over_tls(self.origins)
