"""States the settings that the API, the worker and the jobs have in common."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Literal, Self
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, model_validator
from seaway_service.setting_types import (
    AppEnv,
    HttpUrl,
    Lifetime,
    LogLevel,
    QueueName,
    RedisUrl,
    Secret,
    password,
    weak,
)
from seaway_service.strength import PASSWORD_LENGTH

NAME = r"^[A-Za-z_][A-Za-z0-9_-]{0,62}$"


class Shared(BaseModel):
    """Named as in the environment; each secret may come as `NAME_FILE`."""

    # a refused value may be a secret: it must not be quoted in the message
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    APP_ENV: AppEnv = AppEnv.PRODUCTION
    TZ: str = "Asia/Shanghai"
    LOG_LEVEL: LogLevel = "info"
    RELEASE_VERSION: str = "unreleased"
    INSTANCE: str = "nutrition-1"

    DB_HOST: str
    DB_PORT: Annotated[int, Field(ge=1, le=65535)] = 5432
    DB_NAME: Annotated[str, Field(pattern=NAME)]
    DB_USER: Annotated[str, Field(pattern=NAME)]
    DB_PASSWORD: Secret
    DB_MAX_CONNECTIONS: Annotated[int, Field(ge=1, le=100)] = 10
    DB_SSL_MODE: Literal["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] = (
        "prefer"
    )
    REDIS_URL: RedisUrl
    REDIS_MAX_RETRIES: Annotated[int, Field(ge=0, le=10)] = 3
    SEARCH_URL: HttpUrl
    SEARCH_KEY: Secret
    VISION_URL: HttpUrl
    VISION_KEY: Secret
    CHAT_URL: HttpUrl
    CHAT_KEY: Secret
    AI_TIMEOUT: Annotated[int, Field(ge=100, le=120_000, description="milliseconds")] = 30_000
    AI_MAX_RETRIES: Annotated[int, Field(ge=0, le=5)] = 3
    AI_QUEUE_NAME: QueueName = "nutrition"
    PHOTO_RETENTION: Lifetime = timedelta(days=30)
    SIMILARITY_THRESHOLD: Annotated[float, Field(ge=0, le=1)] = 0.7

    WECHAT_PAY_MODE: str = ""
    WECHAT_PAY_BASE_URL: HttpUrl = "https://api.mch.weixin.qq.com"
    WECHAT_PAY_APP_ID: str = ""
    WECHAT_PAY_MCH_ID: str = ""
    WECHAT_PAY_API_KEY: Secret = ""
    WECHAT_PAY_PRIVATE_KEY: Secret = ""
    WECHAT_PAY_SERIAL_NO: str = ""
    WECHAT_PAY_PUBLIC_KEY: str = ""
    WECHAT_PAY_PUBLIC_KEY_ID: str = ""
    ALIPAY_MODE: str = ""
    ALIPAY_GATEWAY_URL: HttpUrl = "https://openapi.alipay.com/gateway.do"
    ALIPAY_APP_ID: str = ""
    ALIPAY_PRIVATE_KEY: Secret = ""
    ALIPAY_PUBLIC_KEY: str = ""
    SMS_PROVIDER: Literal["aliyun"] = "aliyun"
    SMS_MODE: str = ""
    SMS_ENDPOINT: HttpUrl = "https://dysmsapi.aliyuncs.com"
    SMS_ACCESS_KEY: Secret = ""
    SMS_SECRET_KEY: Secret = ""
    SMS_SIGNATURE: str = ""
    SMS_TEMPLATE_ID: str = ""

    @model_validator(mode="after")
    def _no_weak_secrets(self) -> Self:
        if self.APP_ENV is not AppEnv.DEVELOPMENT and (why := weak(self.guarded())):
            raise ValueError(why)
        return self

    def guarded(self) -> tuple[tuple[str, str, int], ...]:
        """Secrets that must be strong, with the fewest characters of each."""
        return (
            ("DB_PASSWORD", self.DB_PASSWORD, PASSWORD_LENGTH),
            ("REDIS_URL", password(self.REDIS_URL), PASSWORD_LENGTH),
        )

    @property
    def database_url(self) -> str:
        """The address of the database, its parts together."""
        secret = quote(self.DB_PASSWORD, safe="")
        where = f"{self.DB_HOST}:{self.DB_PORT}/{self.DB_NAME}"
        return f"postgresql://{self.DB_USER}:{secret}@{where}?sslmode={self.DB_SSL_MODE}"

    @property
    def ai_patience(self) -> timedelta:
        """The longest wait for an answer of an AI service."""
        return timedelta(milliseconds=self.AI_TIMEOUT)

    @property
    def integrations(self) -> Mapping[str, bool]:
        """Which services of others can be used: those with all their keys (R200)."""
        needed = {
            "wechat": (
                self.WECHAT_PAY_APP_ID, self.WECHAT_PAY_MCH_ID, self.WECHAT_PAY_API_KEY,
                self.WECHAT_PAY_PRIVATE_KEY, self.WECHAT_PAY_SERIAL_NO, self.WECHAT_PAY_PUBLIC_KEY,
            ),
            "alipay": (self.ALIPAY_APP_ID, self.ALIPAY_PRIVATE_KEY, self.ALIPAY_PUBLIC_KEY),
            "sms": (self.SMS_ACCESS_KEY, self.SMS_SECRET_KEY, self.SMS_SIGNATURE),
        }  # fmt: skip
        return {name: all(keys) for name, keys in needed.items()}

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        secrets = [secret for _, secret, _ in self.guarded()]
        secrets += [
            self.SEARCH_KEY, self.VISION_KEY, self.CHAT_KEY, self.WECHAT_PAY_API_KEY,
            self.WECHAT_PAY_PRIVATE_KEY, self.ALIPAY_PRIVATE_KEY, self.SMS_SECRET_KEY,
        ]  # fmt: skip
        return tuple(filter(None, secrets))
