"""Passages: what a question may be answered from, taken out of the messages, and its sentences."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_NUMBERED = re.compile(r"^\[(\d{1,3})\]\s+", re.MULTILINE)
_QUESTION = re.compile(r"(?:\A|\n)[ \t]*(?:Question|问题)[ \t]*[:：][ \t]*", re.IGNORECASE)
_CHINESE_END = re.compile(r"(?<=[。！？；])(?![”’」』）])|(?<=[。！？][”’」』）])")
_ENGLISH_END = re.compile(r"(?<=[.!?])\s+(?=[\"'(\[]?[A-Z0-9\u4e00-\u9fff])|(?<=[.!?][\"')])\s+")
_ABBREVIATED = re.compile(r"\b(?:Mr|Mrs|Ms|Dr|St|No|vs|etc|e\.g|i\.e|approx|Fig)\.$")
_NO_ANSWER = re.compile(r"#{1,6} |```|\|[ :|-]+$|-{3,}$")
_SAYS = re.compile(r"[^\W\d_]{2}")
"""The number of a step alone says nothing."""
LONGEST = 400
"""Characters of a sentence; longer ones are tables or lists, and are cut at their lines anyway."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Word for word as it stands in a passage."""

    text: str
    passage: int
    place: str = ""
    """The headings above it: what it is about, where it does not say so itself."""


def passages(texts: Iterable[str]) -> dict[int, str]:
    """Those marked `[n]` at the beginning of a line, each up to the next, or to the question."""
    found: dict[int, str] = {}
    for text in texts:
        material = text[: _last_question(text)[0]]
        marks = list(_NUMBERED.finditer(material))
        ends = [*(each.start() for each in marks[1:]), len(material)]
        for mark, end in zip(marks, ends, strict=False):
            found[int(mark[1])] = material[mark.end() : end].strip()
    return found


def asked(text: str) -> str:
    """The question itself: what follows `Question:`, else the last paragraph."""
    _, after = _last_question(text)
    return text[after:].strip() if after else text.strip().rpartition("\n\n")[2].strip()


def _last_question(text: str) -> tuple[int, int]:
    """Where its mark begins and ends; passages may hold questions of their own before it."""
    marks = list(_QUESTION.finditer(text))
    return marks[-1].span() if marks else (len(text), 0)


def sentences(found: dict[int, str]) -> Iterator[Sentence]:
    """Of all passages, in order. Headings are no answers, they are the place of what follows."""
    for number, text in found.items():
        first, _, rest = text.partition("\n")
        place = first.rstrip(":：") if rest and first.endswith((":", "：")) else ""
        for line in (rest if place else text).splitlines():
            if not _NO_ANSWER.match(line):
                for sentence in _split(line.strip("| ")):
                    if _SAYS.search(sentence):
                        yield Sentence(sentence[:LONGEST], number, place)


def _split(line: str) -> Iterator[str]:
    for piece in _CHINESE_END.split(line):
        whole = ""
        for part in _ENGLISH_END.split(piece):
            whole = f"{whole} {part}".strip() if whole else part.strip()
            if not _ABBREVIATED.search(whole):
                if whole:
                    yield whole
                whole = ""
        if whole:
            yield whole


def chinese(text: str) -> bool:
    """Whether it is mostly Chinese."""
    han = sum("\u4e00" <= each <= "\u9fff" for each in text)
    letters = sum(each.isascii() and each.isalpha() for each in text)
    return han > 0 and han * 3 >= letters
