"""Writes one JSON object per log line to stdout, with secrets masked."""

import json
import logging
import re
import sys
from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from seaway_service.setting_types import AppEnv

MASK = "***"
TALKATIVE = ("httpcore2", "asyncio")
"""Libraries whose debug lines, many for each request, nobody asked for."""
SECRET_SHAPES = re.compile(
    r"(?<=://)[^\s/@]*:[^\s/@]+(?=@)"  # user and password in a URL
    r"|(?<=[Bb]earer )[\w.~+/=-]+"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # a JWT
    r"|\bsk-[\w-]{8,}"  # a provider key
    r"""|(?<=password["']: ["'])[^"']+"""
)
PLAIN_FIELDS = frozenset(vars(logging.makeLogRecord({}))) | {
    "message",
    "asctime",
    "taskName",
    "color_message",
}


@dataclass(slots=True)
class RequestContext:
    """Who asks what; `user_id` is filled in once the caller is known."""

    id: str = ""
    ip: str = ""
    user_agent: str = ""
    user_id: str = ""


request_context: ContextVar[RequestContext] = ContextVar("request_context")


def current_request() -> RequestContext:
    """Return the request being answered, or an empty one outside of requests."""
    return request_context.get(None) or RequestContext()


class Told(Protocol):
    """What a process is told of itself, and what it must keep to itself."""

    @property
    def APP_ENV(self) -> AppEnv: ...  # noqa: N802 -- the name in the environment

    @property
    def RELEASE_VERSION(self) -> str: ...  # noqa: N802

    @property
    def INSTANCE(self) -> str: ...  # noqa: N802

    @property
    def LOG_LEVEL(self) -> str: ...  # noqa: N802

    @property
    def hidden(self) -> Sequence[str]: ...


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON, its extra fields included."""

    def __init__(self, service: str, settings: Told) -> None:
        super().__init__()
        self._fixed = {
            "service": service,
            "version": settings.RELEASE_VERSION,
            "environment": settings.APP_ENV.value,
            "instance": settings.INSTANCE,
        }
        self._hidden = settings.hidden

    def format(self, record: logging.LogRecord) -> str:
        now = datetime.fromtimestamp(record.created, UTC)
        line = {
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "context": context_fields(current_request()),
            **self._fixed,
            **{key: value for key, value in vars(record).items() if key not in PLAIN_FIELDS},
        }
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return masked(json.dumps(line, ensure_ascii=False, default=str), self._hidden)


def masked(text: str, hidden: Sequence[str]) -> str:
    """Return the text with known secrets, and all that looks like one, masked."""
    for secret in hidden:
        text = text.replace(secret, MASK)
    return SECRET_SHAPES.sub(MASK, text)


def context_fields(request: RequestContext) -> dict[str, str]:
    """Return what is known about the request, without empty fields."""
    fields = {
        "requestId": request.id,
        "userId": request.user_id,
        "ip": request.ip,
        "userAgent": request.user_agent,
    }
    return {key: value for key, value in fields.items() if value}


def write_json(service: str, settings: Told) -> None:
    """Send all logging of this process, the server's too, to stdout as JSON lines."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonLines(service, settings))
    logging.basicConfig(handlers=[handler], level=settings.LOG_LEVEL.upper(), force=True)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.INFO, logging.root.level))
