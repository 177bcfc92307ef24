"""Syntax: how words, numbers and conditions are written for HAProxy."""

from datetime import timedelta

LONGEST = 2_000_000_000
"""HAProxy counts milliseconds in 31 bits: 23 days."""


def quoted(text: str) -> str:
    """One word, whatever is in it.

    Raises:
        ValueError: it has a line end or another control character, which no quoting can carry.
    """
    if any(character < " " or character == "\x7f" for character in text):
        raise ValueError(f"control character in {text!r}")
    for special in ("\\", '"', "$"):
        text = text.replace(special, "\\" + special)
    return f'"{text}"'


def formatted(text: str) -> str:
    """The same where HAProxy would read `%` as the start of a value."""
    return quoted(text.replace("%", "%%"))


def milliseconds(span: timedelta) -> str:
    """As HAProxy reads it; never zero, which would mean for ever."""
    return f"{min(max(1, round(span.total_seconds() * 1000)), LONGEST)}ms"
