"""Says which web sites may call an API, and with what."""

from collections.abc import Sequence
from http import HTTPMethod
from typing import Annotated
from urllib.parse import urlsplit

from fastapi.middleware.cors import CORSMiddleware
from pydantic import AfterValidator
from starlette.middleware import Middleware

METHODS = (HTTPMethod.GET, HTTPMethod.PUT, HTTPMethod.POST, HTTPMethod.DELETE)


def origins_in(text: str) -> tuple[str, ...]:
    """Return the origins in a text that has commas between them."""
    return tuple(filter(None, (part.strip() for part in text.split(","))))


def checked_origins(text: str) -> str:
    """Return the text if all in it are origins."""
    for origin in origins_in(text):
        parts = urlsplit(origin)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.path:
            raise ValueError("must be origins like https://a.example, with commas between")
    return text


Origins = Annotated[str, AfterValidator(checked_origins)]


def all_over_tls(origins: Sequence[str]) -> bool:
    """Tell whether people reach the web by https, so that cookies must not travel without it."""
    return bool(origins) and all(one.startswith("https://") for one in origins)


def cross_origin(
    origins: Sequence[str],
    *,
    may_send: Sequence[str] = (),
    may_read: Sequence[str] = (),
    credentials: bool = True,
) -> list[Middleware]:
    """Let these origins call with these headers beside the usual ones, and no others."""
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_credentials=credentials,
            allow_methods=METHODS,
            allow_headers=["Authorization", "Content-Type", "X-Request-ID", *may_send],
            expose_headers=["Retry-After", "X-Request-ID", *may_read],
            max_age=600,
        )
    ]
