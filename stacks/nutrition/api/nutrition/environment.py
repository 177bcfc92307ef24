"""Reads named values from the environment, or from the files it points at."""

from collections.abc import Mapping
from pathlib import Path

SECRETS = frozenset(
    {
        "ADMIN_PASSWORD",
        "ALIPAY_PRIVATE_KEY",
        "CHAT_KEY",
        "DB_PASSWORD",
        "JWT_SECRET",
        "MINIO_SECRET_KEY",
        "REDIS_PASSWORD",
        "REDIS_URL",
        "SEARCH_KEY",
        "SESSION_SECRET",
        "SMS_ACCESS_KEY",
        "SMS_SECRET_KEY",
        "VISION_KEY",
        "WECHAT_PAY_API_KEY",
        "WECHAT_PAY_PRIVATE_KEY",
    }
)


class UnusableEnvironmentError(Exception):
    """The environment cannot be used; the text names every variable at fault, in one line."""


def values(names: frozenset[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the values that are set and not empty; a secret may be given as `NAME_FILE`.

    Raises:
        UnusableEnvironmentError: a file cannot be read, or a secret is given in both ways.
    """
    found = {name: environ[name] for name in names if environ.get(name)}
    for name in names & SECRETS:
        if path := environ.get(f"{name}_FILE"):
            if name in found:
                raise UnusableEnvironmentError(f"{name}: set it or {name}_FILE, not both")
            found[name] = content(name, Path(path))
    return found


def content(name: str, path: Path) -> str:
    """Return what the file holds, without the line end that editors add."""
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UnusableEnvironmentError(f"{name}_FILE: cannot be read: {path}") from error
