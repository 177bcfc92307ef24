"""Splits a text into passages: whole sentences, none too long, each repeating a little."""

import re
import unicodedata
from collections.abc import Iterator

LONGEST = 800
"""Width of a passage: one for a Latin letter, two for a Chinese character."""
OVERLAP = 100
"""Most of a passage that the next one repeats."""
SENTENCE = re.compile(
    r"[^。！？；.!?;\n]*(?:[。！？；]+[”’」』）】]*|[.!?;]+[\"'”’)\]]*(?=\s|$)|[.!?;]|\n+|$)"
)


def passages(text: str) -> list[str]:
    """Return the passages of a text, in order; together they have every word of it."""
    found, group, size = list[str](), list[str](), 0
    for sentence in sentences(text):
        if group and size + width(sentence) > LONGEST:
            found.append("".join(group).strip())
            group = repeated(group)
            size = sum(map(width, group))
        group.append(sentence)
        size += width(sentence)
    found.append("".join(group).strip())
    return [each for each in found if each]


def sentences(text: str) -> Iterator[str]:
    """Yield the sentences, cut where one alone would be too long."""
    for match in SENTENCE.finditer(text):
        sentence = match[0]
        while width(sentence) > LONGEST:
            end = fitting(sentence)
            yield sentence[:end]
            sentence = sentence[end:]
        if sentence:
            yield sentence


def repeated(group: list[str]) -> list[str]:
    """Return the last sentences of a passage that its successor begins with; never all of it."""
    kept, size = list[str](), 0
    for sentence in reversed(group[1:]):
        size += width(sentence)
        if size > OVERLAP:
            break
        kept.insert(0, sentence)
    return kept


def fitting(sentence: str) -> int:
    """Return where to cut what is too long: at a space if there is one in the second half."""
    end, size = 0, 0
    for end, letter in enumerate(sentence):  # noqa: B007 -- where it stops is what is wanted
        size += width(letter)
        if size > LONGEST:
            break
    space = sentence.rfind(" ", end // 2, end)
    return space + 1 if space >= 0 else end


def width(text: str) -> int:
    """Return how wide a text is shown."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)
