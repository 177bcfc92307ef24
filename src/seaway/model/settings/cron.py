"""Times of a schedule: five cron fields, or a word for the usual ones."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BeforeValidator

from seaway.model.settings.form import refuse

WORDS = {
    "hourly": "0 * * * *",
    "daily": "0 0 * * *",
    "weekly": "0 0 * * 0",
    "monthly": "0 0 1 * *",
}
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
_FIELDS = (
    ("minute", 0, 59, ()), ("hour", 0, 23, ()), ("day", 1, 31, ()),
    ("month", 1, 12, _MONTHS), ("weekday", 0, 7, _DAYS),
)  # fmt: skip


def cron(given: object) -> object:
    """The five fields, single spaces between them.

    Raises:
        PydanticCustomError: SW168 for what names no time.
    """
    if not isinstance(given, str):
        return given
    if given in WORDS:
        return WORDS[given]
    fields = given.lower().split()
    if len(fields) != len(_FIELDS):
        raise refuse("SW168", found=given[:80], field="-")
    for text, (name, low, high, words) in zip(fields, _FIELDS, strict=True):
        if not all(_term(term, low, high, words) for term in text.split(",")):
            raise refuse("SW168", found=given[:80], field=name)
    if _earliest(fields[2]) > _longest_month(fields[3]):
        raise refuse("SW168", found=given[:80], field="day")
    return " ".join(fields)


def _earliest(days: str) -> int:
    """The first day of the month that is named; 30 in February would never come."""
    starts = [term.partition("/")[0].partition("-")[0] for term in days.split(",")]
    return min(1 if start == "*" else int(start) for start in starts)


def _longest_month(months: str) -> int:
    named: set[int] = set()
    for term in months.split(","):
        body, _, step = term.partition("/")
        first, dash, last = body.partition("-")
        low = 1 if body == "*" else _number(first, 1, _MONTHS) or 1
        high = (
            12 if body == "*" or (step and not dash) else _number(last or first, 1, _MONTHS) or 12
        )
        named.update(range(low, high + 1, int(step or 1)))
    return max(_LENGTHS[month - 1] for month in named)


def _term(text: str, low: int, high: int, words: Sequence[str]) -> bool:
    """`*`, `5`, `1-5`, `*/15`, `mon-fri`."""
    body, slash, step = text.partition("/")
    if slash and not (step.isascii() and step.isdigit() and 0 < int(step[:9]) <= high):
        return False
    if body == "*":
        return True
    first, dash, last = body.partition("-")
    ends = [_number(each, low, words) for each in ([first, last] if dash else [first])]
    known = [each for each in ends if each is not None and low <= each <= high]
    return len(known) == len(ends) and known == sorted(known)


def _number(text: str, low: int, words: Sequence[str]) -> int | None:
    if text in words:
        return words.index(text) + low
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else None  # noqa: PLR2004


Cron = Annotated[str, BeforeValidator(cron)]
