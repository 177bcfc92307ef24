"""Writes one JSON object per log line: errors to stderr, all else to stdout, secrets masked."""

import json
import logging
import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from heartalk.problems import request_id
from heartalk.settings import Settings

MASK = "***"
SHAPES = re.compile(
    r"(?<=://)[^\s/@]*:[^\s/@]+(?=@)|(?<=[Bb]earer )[\w.~+/=-]+|\beyJ[\w-]+\.[\w-]+\.[\w-]*"
)
"""A password in a URL, a bearer token, a JWT: secrets though none of ours."""
PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON, its extra fields included (R154)."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self._fixed = {
            "service": "heartalk",
            "version": settings.release_version,
            "environment": settings.app_env,
            "instance": settings.instance,
        }
        self._hidden = settings.hidden

    def format(self, record: logging.LogRecord) -> str:
        """One line, without a line end."""
        now = datetime.fromtimestamp(record.created, UTC)
        line: dict[str, object] = {
            "timestamp": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "message": record.getMessage(),
            "requestId": request_id.get(),
            **self._fixed,
            **{key: value for key, value in vars(record).items() if key not in PLAIN},
        }
        if record.exc_info:
            line["stack"] = self.formatException(record.exc_info)
        return masked(json.dumps(line, ensure_ascii=False, default=str), self._hidden)


def masked(text: str, hidden: Sequence[str]) -> str:
    """The text with known secrets, and all that looks like one, masked."""
    for secret in hidden:
        text = text.replace(secret, MASK)
    return SHAPES.sub(MASK, text)


def write_json(settings: Settings) -> None:
    """Send all logging of this process, the server's too, out as JSON lines."""
    good, bad = logging.StreamHandler(sys.stdout), logging.StreamHandler(sys.stderr)
    good.addFilter(lambda record: record.levelno < logging.ERROR)
    bad.setLevel(logging.ERROR)
    for handler in (good, bad):
        handler.setFormatter(JsonLines(settings))
    logging.basicConfig(handlers=[good, bad], level=settings.log_level.upper(), force=True)
