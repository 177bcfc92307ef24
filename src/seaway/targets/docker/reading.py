"""Reading: what the engine tells, taken out of its JSON. What is not there is empty."""

from collections.abc import Sequence
from datetime import UTC, datetime

from seaway.model.json import Json


def at(found: Json, *path: str) -> Json:
    """What lies under those names."""
    for name in path:
        found = found.get(name) if isinstance(found, dict) else None
    return found


def text(found: Json, *path: str) -> str:
    """The same as text."""
    value = at(found, *path)
    return value if isinstance(value, str) else ""


def number(found: Json, *path: str) -> int:
    """The same as a whole number; 0 where there is none."""
    value = at(found, *path)
    return int(value) if isinstance(value, int | float) else 0


def items(found: Json) -> Sequence[tuple[str, Json]]:
    """Names and what is under them."""
    return tuple(found.items()) if isinstance(found, dict) else ()


def moment(written: str) -> datetime | None:
    """A time as the engine writes it, in nanoseconds; None for the year 1, which means never."""
    if not written or written.startswith("0001"):
        return None
    head, _, rest = written.rstrip("Z").partition(".")
    found = datetime.fromisoformat(f"{head}.{rest[:6]:0<6}")
    return found if found.tzinfo else found.replace(tzinfo=UTC)
