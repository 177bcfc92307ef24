"""States every setting of the service, with its limits and its default."""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta, Struct, ValidationError, convert

SECRETS = frozenset({"JWT_SECRET", "OPENAI_API_KEY", "REDIS_URL"})
SIGNING_LENGTH = 32
"""Characters; the documents ask for a minimum and give none."""
PLACEHOLDER = re.compile(
    r"^your[_-]|^sk-x|^change|change[_-]?me|placeholder|example|^test", re.IGNORECASE
)

Url = Annotated[str, Meta(pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$")]


class UnusableEnvironmentError(Exception):
    """The environment cannot be used; the text names what is at fault, and no secret."""


class Settings(Struct, frozen=True, kw_only=True, rename=str.upper):
    """All settings, named in capitals in the environment; a secret may come as `NAME_FILE`."""

    app_env: Literal["development", "test", "production"] = "production"
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535)] = 8001
    jwt_secret: Annotated[str, Meta(min_length=SIGNING_LENGTH)]
    redis_url: Annotated[str, Meta(pattern=r"^rediss?://")]
    openai_base_url: Url
    openai_api_key: Annotated[str, Meta(min_length=1)]
    simple_model: str = "chat"
    reasoning_model: str = "reason"
    show_reasoning_process: bool = False
    cache_ttl: Annotated[int, Meta(ge=0)] = 7200
    """Seconds; 0 remembers nothing."""
    rate_limit: Annotated[int, Meta(ge=1)] = 200
    """Requests in a minute for each user, over all instances."""
    token_hours: Annotated[int, Meta(ge=1, le=720)] = 24
    guests: bool = False
    """Whether anyone may have a token of its own: for trying it out, not for the public."""
    answer_seconds: Annotated[float, Meta(gt=0)] = 50.0
    cors_origin: str = ""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    stop_seconds: Annotated[int, Meta(ge=1)] = 60
    trusted_proxies: str = "127.0.0.1"
    release_version: str = "unreleased"
    instance: str = "api-1"

    @property
    def hidden(self) -> tuple[str, ...]:
        """Every text that must never be written to a log."""
        password = re.findall(r"://[^@/]*:([^@/]+)@", self.redis_url)
        return (*signing_keys(self.jwt_secret), self.openai_api_key, *password)


def signing_keys(text: str) -> tuple[str, ...]:
    """The keys of `KEY` or `id:KEY,id:KEY`, the newest first: tokens outlive a rotation."""
    if not re.fullmatch(r"[\w.-]{1,32}:[^,:]+(,[\w.-]{1,32}:[^,:]+)*", text):
        return (text,)
    return tuple(part.partition(":")[2] for part in text.split(","))


def settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings, all of them checked.

    Raises:
        UnusableEnvironmentError: with one line that says which variable, and why.
    """
    found = {name: environ[name] for name in _names() if environ.get(name)}
    for name in SECRETS:
        if path := environ.get(f"{name}_FILE"):
            found[name] = _content(name, Path(path))
    for name in SECRETS & found.keys():
        if PLACEHOLDER.search(found[name]) and found.get("APP_ENV", "production") == "production":
            raise UnusableEnvironmentError(f"{name}: looks like a placeholder")
    try:
        return convert(_booleans(found), Settings, strict=False)
    except ValidationError as error:
        raise UnusableEnvironmentError(str(error)) from None


def _names() -> tuple[str, ...]:
    return tuple(field.upper() for field in Settings.__struct_fields__)


def _booleans(found: Mapping[str, str]) -> dict[str, str]:
    """`msgspec` reads `true` and `1`; people also write `on` and `yes`."""
    words = {"on": "true", "yes": "true", "off": "false", "no": "false"}
    flags = {"SHOW_REASONING_PROCESS", "GUESTS"}
    return {key: words.get(text.lower(), text) if key in flags else text
            for key, text in found.items()}  # fmt: skip


def _content(name: str, path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableEnvironmentError(f"{name}_FILE: cannot be read: {path}") from error
