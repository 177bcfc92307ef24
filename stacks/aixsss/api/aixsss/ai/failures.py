"""Names what can go wrong when a model is asked; each has a code that pages have words for."""

import re
from enum import StrEnum


class Why(StrEnum):
    """The cause, in one word."""

    UNREACHABLE = "unreachable"
    SILENT = "silent"
    BROKEN_OFF = "broken_off"
    BUSY = "busy"
    KEY_REFUSED = "key_refused"
    NO_KEY = "no_key"
    NO_CREDIT = "no_credit"
    NO_MODEL = "no_model"
    FILTERED = "filtered"
    REFUSED = "refused"


class AskedInVainError(Exception):
    """There is no answer; the text is `code: detail`."""

    def __init__(self, why: Why, detail: str) -> None:
        super().__init__(f"{why.value}: {detail}")
        self.why = why


class UnansweredError(AskedInVainError):
    """Asked again later, there may be one; `after` is when the provider said, in seconds."""

    def __init__(self, why: Why, detail: str, after: float | None = None) -> None:
        super().__init__(why, detail)
        self.after = after


class RefusedError(AskedInVainError):
    """Asked again, the answer would be the same."""


# the queue writes the name of the error before it
REASON = re.compile(rf"(?:\w+: )?({'|'.join(Why)}): (.*)", re.DOTALL)


def told(reason: str) -> tuple[str, str]:
    """Return the code and the detail of a reason that was kept as text."""
    match = REASON.fullmatch(reason)
    return (match[1], match[2]) if match else ("", reason)
