"""States every setting of the API, with its limits and its default."""

import os
from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, Self
from urllib.parse import unquote, urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from aixsss.environment import UnusableEnvironmentError, values
from aixsss.keyring import Keyring
from aixsss.strength import PASSWORD_LENGTH, SIGNING_LENGTH, strong

Secret = Annotated[str, Field(repr=False)]


class AppEnv(StrEnum):
    """Where the API runs."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


class Settings(BaseModel):
    """All settings, named as in the environment; each secret may come as `NAME_FILE`."""

    # a refused value may be a secret: it must not be quoted in the message
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    APP_ENV: AppEnv = AppEnv.PRODUCTION
    HOST: str = "127.0.0.1"
    PORT: Annotated[int, Field(ge=1, le=65535)] = 8000
    DATABASE_URL: Secret
    DATABASE_POOL: Annotated[int, Field(ge=1, le=100)] = 10
    REDIS_URL: Secret
    S3_ENDPOINT: Annotated[str, Field(pattern=r"^https?://[^/?#]+/?$")]
    S3_REGION: str = "us-east-1"
    S3_ACCESS_KEY_ID: Secret
    S3_SECRET_ACCESS_KEY: Secret
    S3_BUCKET: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]
    JWT_SECRET: Secret
    JWT_SECRET_PREVIOUS: Annotated[str | None, Field(repr=False)] = None
    ACCESS_TOKEN_MINUTES: Annotated[int, Field(ge=1, le=1440)] = 15
    REFRESH_TOKEN_DAYS: Annotated[int, Field(ge=1, le=90)] = 7
    API_KEY_ENCRYPTION_KEY: Secret
    AI_QUEUE_NAME: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")] = "ai-jobs"
    CORS_ORIGIN: str = ""
    TRUSTED_PROXIES: str = "127.0.0.1"
    FILES_QUOTA_MB: Annotated[int, Field(ge=1)] = 2048
    LOG_LEVEL: Literal["debug", "info", "warning", "error"] = "info"
    STOP_SECONDS: Annotated[int, Field(ge=1, le=3600)] = 25
    RELEASE_VERSION: str = "unreleased"
    RELEASE_COMMIT: str = ""
    RELEASE_DATE: str = ""
    INSTANCE: str = "api-1"

    @field_validator("DATABASE_URL")
    @classmethod
    def _database(cls, url: str) -> str:
        if urlsplit(url).scheme not in {"postgresql", "postgres"}:
            raise ValueError("must begin with postgresql://")
        if not has_port(url):
            raise ValueError("must have a number as its port")
        return url

    @field_validator("REDIS_URL")
    @classmethod
    def _redis(cls, url: str) -> str:
        if urlsplit(url).scheme not in {"redis", "rediss"}:
            raise ValueError("must begin with redis:// or rediss://")
        return url

    @field_validator("JWT_SECRET", "JWT_SECRET_PREVIOUS")
    @classmethod
    def _signing(cls, secret: str) -> str:
        if len(secret) < SIGNING_LENGTH:  # in every environment
            return strong(secret, at_least=SIGNING_LENGTH)
        return secret

    @field_validator("API_KEY_ENCRYPTION_KEY")
    @classmethod
    def _encryption(cls, keys: str) -> str:
        Keyring.parse(keys)
        return keys

    @field_validator("CORS_ORIGIN")
    @classmethod
    def _origins(cls, origins: str) -> str:
        for origin in filter(None, (part.strip() for part in origins.split(","))):
            parts = urlsplit(origin)
            if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
                raise ValueError("must be origins like https://a.example, with commas between")
        return origins

    @model_validator(mode="after")
    def _no_weak_secrets(self) -> Self:
        if self.APP_ENV is AppEnv.DEVELOPMENT:
            return self
        weak = list(filter(None, (refusal(*one) for one in self._secrets())))
        if weak:
            raise ValueError("; ".join(weak))
        return self

    def _secrets(self) -> tuple[tuple[str, str, int], ...]:
        return (
            ("DATABASE_URL", password(self.DATABASE_URL), PASSWORD_LENGTH),
            ("REDIS_URL", password(self.REDIS_URL), PASSWORD_LENGTH),
            ("S3_SECRET_ACCESS_KEY", self.S3_SECRET_ACCESS_KEY, PASSWORD_LENGTH),
            ("JWT_SECRET", self.JWT_SECRET, SIGNING_LENGTH),
        )

    @property
    def origins(self) -> tuple[str, ...]:
        """The web origins that may call with credentials."""
        return tuple(filter(None, (part.strip() for part in self.CORS_ORIGIN.split(","))))

    @property
    def over_tls(self) -> bool:
        """People reach the web by https, so that cookies must not travel without it."""
        return bool(self.origins) and all(one.startswith("https://") for one in self.origins)

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
        secrets += [self.API_KEY_ENCRYPTION_KEY, self.JWT_SECRET_PREVIOUS or ""]
        return tuple(filter(None, secrets))


def settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings, all of them checked.

    Raises:
        UnusableEnvironmentError: with one line that names every variable at fault.
    """
    found = values(frozenset(Settings.model_fields), environ)
    try:
        return Settings.model_validate(found)
    except ValidationError as error:
        raise UnusableEnvironmentError(one_line(error)) from None


def refusal(name: str, secret: str, at_least: int) -> str | None:
    """Return why the secret is refused, or None."""
    try:
        strong(secret, at_least=at_least)
    except ValueError as error:
        return f"{name}: {error}"
    return None


def has_port(url: str) -> bool:
    """Tell whether the port is a number, or left out."""
    try:
        return urlsplit(url).port != 0
    except ValueError:  # its text quotes what may be a part of the password
        return False


def password(url: str) -> str:
    """Return the password inside the URL, as it was before it was quoted."""
    return unquote(urlsplit(url).password or "")


def one_line(error: ValidationError) -> str:
    """Say what is wrong without the values: some of them are secrets."""
    said = []
    for finding in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in finding["loc"])
        why = "is not set" if finding["type"] == "missing" else finding["msg"]
        why = why.removeprefix("Value error, ")
        said.append(f"{name}: {why}" if name else why)
    return "; ".join(said)
