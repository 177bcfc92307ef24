"""Plain text laid out by the width it takes on a terminal: Chinese characters take two columns."""

import unicodedata
from collections.abc import Iterator, Sequence

WIDTH = 80
WIDE = 2
"""Columns of a Chinese character."""


def width(text: str) -> int:
    """Columns a terminal needs to show it."""
    return sum(_columns(character) for character in text)


def padded(text: str, columns: int) -> str:
    """The text and as many spaces as it takes to fill the columns."""
    return text + " " * (columns - width(text))


def wrapped(text: str, columns: int) -> tuple[str, ...]:
    """Lines of at most so many columns, broken at spaces and between Chinese characters."""
    lines: list[str] = []
    line = ""
    for piece in _pieces(text):
        if line and width(line + piece.rstrip()) > columns:
            lines.append(line.rstrip())
            line = ""
        line += piece
    return (*lines, line.rstrip())


def two_columns(rows: Sequence[tuple[str, str]], *, most: int = 28) -> str:
    """Names and what they mean, indented, the meanings under each other."""
    left = min(most, max((width(name) for name, _ in rows), default=0))
    text = ""
    for name, meaning in rows:
        first, *others = wrapped(meaning, WIDTH - left - 4)
        fits = width(name) <= left
        begin = f"  {padded(name, left)}" if fits else f"  {name}\n{' ' * (left + 2)}"
        text += f"{begin}  {first}".rstrip() + "\n"
        text += "".join(" " * (left + 4) + other + "\n" for other in others)
    return text


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return WIDE if unicodedata.east_asian_width(character) in "WF" else 1


CLOSING = ",.;:!?)，。；：！？、）」』”…"  # noqa: RUF001 -- of both languages
"""No line starts with one of these."""


def _pieces(text: str) -> Iterator[str]:
    """What must stay on one line: a word with the space after it, or one Chinese character."""
    piece = ""
    for number, character in enumerate(text):
        piece += character
        after = text[number + 1 : number + 2]
        breakable = character == " " or WIDE in {_columns(each) for each in character + after}
        if breakable and after not in CLOSING:
            yield piece
            piece = ""
    if piece:
        yield piece


def size(count: int) -> str:
    """Bytes for people: `12.3 MB`."""
    amount = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004 -- the step between units, by the International System
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"
