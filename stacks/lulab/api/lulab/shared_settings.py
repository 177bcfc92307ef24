"""States the settings that the API, the worker and the jobs have in common."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

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
    weak,
)
from seaway_service.strength import PASSWORD_LENGTH

NODES = r"^([^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*)?$"
BUCKET = r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$"


class Shared(BaseModel):
    """Named as in the environment; each secret may come as `NAME_FILE`."""

    # a refused value may be a secret: it must not be quoted in the message
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    APP_ENV: AppEnv = AppEnv.PRODUCTION
    TZ: str = "Asia/Shanghai"
    LOG_LEVEL: LogLevel = "info"
    RELEASE_VERSION: str = "unreleased"
    INSTANCE: str = "lulab-1"

    DATABASE_URL: DatabaseUrl
    READ_DATABASE_URL: DatabaseUrl = ""
    DATABASE_POOL: Annotated[int, Field(ge=1, le=100)] = 5
    REDIS_URL: RedisUrl
    REDIS_NODES: Annotated[str, Field(pattern=NODES)] = ""
    S3_ENDPOINT: HttpUrl
    S3_REGION: str = "us-east-1"
    S3_ACCESS_KEY_ID: Secret
    S3_SECRET_ACCESS_KEY: Secret
    S3_BUCKET: Annotated[str, Field(pattern=BUCKET)] = "recordings"
    AI_QUEUE_NAME: QueueName = "lulab"

    OPENAI_BASE_URL: HttpUrl
    OPENAI_API_KEY: Secret
    OPENAI_ORG_ID: str = ""
    OPENAI_TIMEOUT: Annotated[int, Field(ge=1, le=1800, description="seconds")] = 120
    SUMMARY_MODEL: str = "chat"
    SPEECH_MODEL: str = "hear"

    TENCENT_MEETING_MODE: str = ""
    TENCENT_MEETING_URL: HttpUrl = "https://api.meeting.qq.com"
    TENCENT_MEETING_APP_ID: str = ""
    TENCENT_MEETING_SDK_ID: str = ""
    TENCENT_MEETING_SECRET_ID: str = ""
    TENCENT_MEETING_SECRET: Secret = ""
    TENCENT_MEETING_TOKEN: Secret = ""
    FEISHU_URL: HttpUrl = "https://open.feishu.cn"
    FEISHU_BOT_HOOK: Secret = ""
    FEISHU_BOT_SECRET: Secret = ""
    SMTP_MODE: str = "real"
    SMTP_HOST: str = ""
    SMTP_PORT: Annotated[int, Field(ge=1, le=65535)] = 587
    SMTP_USER: str = ""
    SMTP_PASS: Secret = ""
    SMTP_FROM: str = ""
    SMS_ENDPOINT: HttpUrl = "https://dysmsapi.aliyuncs.com"
    SMS_ACCESS_KEY: str = ""
    SMS_SECRET: Secret = ""
    SMS_SIGN_NAME: str = ""
    SMS_TEMPLATE_ID: str = ""
    NOTIFY_MAIL: str = ""
    NOTIFY_PHONE: str = ""
    WEB_URL: HttpUrl | Literal[""] = ""

    @model_validator(mode="after")
    def _no_weak_secrets(self) -> Self:
        if self.APP_ENV is not AppEnv.DEVELOPMENT and (why := weak(self.guarded())):
            raise ValueError(why)
        return self

    def guarded(self) -> tuple[tuple[str, str, int], ...]:
        """Secrets that must be strong, with the fewest characters of each."""
        return (
            ("DATABASE_URL", password(self.DATABASE_URL), PASSWORD_LENGTH),
            ("REDIS_URL", password(self.REDIS_URL), PASSWORD_LENGTH),
            ("S3_SECRET_ACCESS_KEY", self.S3_SECRET_ACCESS_KEY, PASSWORD_LENGTH),
        )

    @property
    def integrations(self) -> Mapping[str, bool]:
        """Which services of others can be used: those with all their keys (R200)."""
        needed = {
            "meeting": (
                self.TENCENT_MEETING_APP_ID, self.TENCENT_MEETING_SECRET_ID,
                self.TENCENT_MEETING_SECRET, self.TENCENT_MEETING_TOKEN,
            ),
            "feishu": (self.FEISHU_BOT_HOOK, self.FEISHU_BOT_SECRET),
            "mail": (self.SMTP_HOST, self.SMTP_FROM, self.NOTIFY_MAIL),
            "sms": (
                self.SMS_ACCESS_KEY, self.SMS_SECRET, self.SMS_SIGN_NAME, self.SMS_TEMPLATE_ID,
                self.NOTIFY_PHONE,
            ),
        }  # fmt: skip
        return {name: all(keys) for name, keys in needed.items()}

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        secrets = [secret for _, secret, _ in self.guarded()]
        secrets += [
            password(self.READ_DATABASE_URL), self.OPENAI_API_KEY,
            self.TENCENT_MEETING_SECRET, self.TENCENT_MEETING_TOKEN,
            self.FEISHU_BOT_HOOK, self.FEISHU_BOT_SECRET, self.SMTP_PASS, self.SMS_SECRET,
        ]  # fmt: skip
        return tuple(filter(None, secrets))
