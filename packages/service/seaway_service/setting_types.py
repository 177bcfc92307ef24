"""States the kinds of settings that services have, and reads those of one program."""

import re
from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Annotated, Literal, TypeVar
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, ValidationError

from seaway_service.environment import UnusableEnvironmentError, values
from seaway_service.strength import SIGNING_LENGTH, strong

LIFETIME = re.compile(r"([1-9][0-9]{0,4})([smhd])")
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
RING = re.compile(r"[A-Za-z0-9_.-]{1,32}:[^,:]+(,[A-Za-z0-9_.-]{1,32}:[^,:]+)*")


class AppEnv(StrEnum):
    """Where the process runs."""

    DEVELOPMENT = "development"
    TEST = "test"
    PRODUCTION = "production"


def has_port(url: str) -> bool:
    """Tell whether the port is a number, or left out."""
    try:
        return urlsplit(url).port != 0
    except ValueError:  # its text quotes what may be a part of the password
        return False


def database_url(url: str) -> str:
    """Return the address if it may be one of PostgreSQL."""
    if urlsplit(url).scheme not in {"postgresql", "postgres"}:
        raise ValueError("must begin with postgresql://")
    if not has_port(url):
        raise ValueError("must have a number as its port")
    return url


def redis_url(url: str) -> str:
    """Return the address if it may be one of Redis."""
    if urlsplit(url).scheme not in {"redis", "rediss"}:
        raise ValueError("must begin with redis:// or rediss://")
    return url


def signing_keys(text: str) -> str:
    """Return the text if each of its secrets is long enough, in every environment."""
    for secret in secrets_in(text):
        if len(secret) < SIGNING_LENGTH:
            strong(secret, at_least=SIGNING_LENGTH)
    return text


def secrets_in(text: str) -> tuple[str, ...]:
    """Return the secrets of `SECRET` or `id:SECRET,id:SECRET`, the newest first."""
    if not RING.fullmatch(text):
        return (text,)
    return tuple(part.partition(":")[2] for part in text.split(","))


Secret = Annotated[str, Field(repr=False)]
DatabaseUrl = Annotated[Secret, AfterValidator(database_url)]
RedisUrl = Annotated[Secret, AfterValidator(redis_url)]
SigningKeys = Annotated[Secret, AfterValidator(signing_keys)]


def lifetime(text: object) -> object:
    """Read `24h`, `7d`, `15m` or `30s`, as the documents write lifetimes."""
    if not isinstance(text, str) or not (found := LIFETIME.fullmatch(text)):
        raise ValueError("must be a number and one of s, m, h, d: 24h")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


Lifetime = Annotated[timedelta, BeforeValidator(lifetime)]
QueueName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
HttpUrl = Annotated[str, Field(pattern=r"^https?://[^/?#\s]+(/[^?#\s]*)?$")]


def log_level(text: object) -> object:
    """Take `warn` too, as documents write it."""
    return "warning" if text == "warn" else text


LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(log_level)]


def password(url: str) -> str:
    """Return the password inside the URL, as it was before it was quoted."""
    return unquote(urlsplit(url).password or "")


def weak(secrets: Sequence[tuple[str, str, int]]) -> str:
    """Say which secrets are refused and why; units of the last figure: characters."""
    return "; ".join(filter(None, (refusal(*one) for one in secrets)))


def refusal(name: str, secret: str, at_least: int) -> str | None:
    """Return why the secret is refused, or None."""
    try:
        strong(secret, at_least=at_least)
    except ValueError as error:
        return f"{name}: {error}"
    return None


def one_line(error: ValidationError) -> str:
    """Say what is wrong without the values: some of them are secrets."""
    said = []
    for finding in error.errors(include_input=False, include_url=False):
        name = ".".join(str(part) for part in finding["loc"])
        why = "is not set" if finding["type"] == "missing" else finding["msg"]
        why = why.removeprefix("Value error, ")
        said.append(f"{name}: {why}" if name else why)
    return "; ".join(said)


Chosen = TypeVar("Chosen", bound=BaseModel)


def read(model: type[Chosen], environ: Mapping[str, str]) -> Chosen:
    """Read the settings of one program, all of them checked.

    Raises:
        UnusableEnvironmentError: with one line that names every variable at fault.
    """
    fields = model.model_fields
    # what is never printed is a secret: see `Secret`
    secrets = frozenset(name for name, field in fields.items() if not field.repr)
    found = values(frozenset(fields), secrets, environ)
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise UnusableEnvironmentError(one_line(error)) from None
