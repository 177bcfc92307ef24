"""States every setting of the AI service and of its indexer."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from qingyu_contract.database import MongoUrl
from seaway_service.setting_types import (
    AppEnv,
    DatabaseUrl,
    HttpUrl,
    LogLevel,
    QueueName,
    Secret,
    password,
)

Seconds = Annotated[float, Field(gt=0, le=3600)]
PortNumber = Annotated[int, Field(ge=1, le=65535)]


class Shared(BaseModel):
    """What all its processes are told; each secret may come as `NAME_FILE`."""

    # a refused value may be a secret: it must not be quoted in the message
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    APP_ENV: AppEnv = AppEnv.PRODUCTION
    LOG_LEVEL: LogLevel = "info"
    RELEASE_VERSION: str = "unreleased"
    INSTANCE: str = "ai-1"
    MONGODB_URI: MongoUrl
    SEARCH_URL: HttpUrl
    SEARCH_KEY: Secret
    SEARCH_SECONDS: Seconds = 30.0

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        return tuple(filter(None, (self.SEARCH_KEY, password(self.MONGODB_URI))))


class Settings(Shared):
    """All settings of the service."""

    HOST: str = "127.0.0.1"
    PORT: PortNumber = 8081
    GRPC_PORT: PortNumber = 50051
    AI_KEY: Annotated[Secret, Field(min_length=16)]
    """Whoever asks must know it."""
    OPENAI_BASE_URL: HttpUrl
    OPENAI_API_KEY: Secret
    ASK_MODEL: str = "ask"
    DRAFT_MODEL: str = "draft"
    MODEL_SECONDS: Seconds = 120.0
    """Longest silence of a model."""
    HEARTBEAT_SECONDS: Seconds = 10.0
    PASSAGES: Annotated[int, Field(ge=1, le=50)] = 6
    TRUSTED_PROXIES: str = "127.0.0.1"
    STOP_SECONDS: Annotated[int, Field(ge=1, le=3600)] = 120
    """For the streams that are open."""

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        return tuple(filter(None, (*super().hidden, self.AI_KEY, self.OPENAI_API_KEY)))


class IndexerSettings(Shared):
    """All settings of the indexer, beside those of the queue."""

    DATABASE_URL: DatabaseUrl
    AI_QUEUE_NAME: QueueName = "qingyu"

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        return tuple(filter(None, (*super().hidden, password(self.DATABASE_URL))))
