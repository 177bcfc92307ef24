"""Splitting: a text in passages of whole sentences, none too long, nothing lost."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

LONGEST = 900
"""Width of a passage: one for a Latin letter, two for a Chinese character."""
OVERLAP = 120
"""Most of a passage that the next one repeats."""
_ENOUGH = LONGEST // 4
"""Width from which a new heading begins a new passage."""
_HEADING = re.compile(r"(#{1,6})\s+(.+?)\s*#*\s*$")
_FENCE = re.compile(r"\s*(```|~~~)")
_END = re.compile(r"[。！？；…]+[”’」』）】]*|[.!?]+[\"'”’)\]]*(?=\s)")
"""The end of a sentence; a point only before a space, for `3.5` and `seaway.yaml` have none."""
_SHORT = re.compile(
    r"\b(?:e\.g|i\.e|etc|vs|cf|approx|no|nr|fig|mr|mrs|dr|st|[a-z]|\d+)\.$", re.IGNORECASE
)
"""What ends with a point and is no end of a sentence."""


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a text, exactly as it stands there."""

    text: str
    heading: str
    """The headings above its beginning, outermost first, with ` > ` between."""
    start: int
    """Where it begins in the text, in characters."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is not divided: a sentence, a line of code, a heading."""

    start: int
    end: int
    width: int
    level: int
    """Of a heading; 0 for all else."""
    above: tuple[str, ...]


def passages(text: str, *, markdown: bool, longest: int = LONGEST) -> tuple[Passage, ...]:
    """All of a text; each passage is at most so wide, and begins with the end of the one before."""
    units = tuple(_units(text, markdown=markdown, longest=longest))
    found: list[Passage] = []
    for group in _groups(units, longest):
        start, end = group[0].start, group[-1].end
        part = text[start:end]
        kept = part.strip()
        if kept:
            lead = len(part) - len(part.lstrip())
            found.append(Passage(kept, " > ".join(group[0].above), start + lead))
    return tuple(found)


def width(text: str) -> int:
    """How wide a text is shown."""
    if text.isascii():
        return len(text)
    return sum(2 if unicodedata.east_asian_width(each) in "WF" else 1 for each in text)


def sentences(text: str) -> Iterator[str]:
    """The sentences of one line or paragraph, with the space that follows them."""
    marks = [0]
    for each in _END.finditer(text):
        if not _SHORT.search(text, marks[-1], each.end()):
            marks.append(each.end())
    yield from (text[at:to] for at, to in pairwise((*marks, len(text))) if at < to)


def _groups(units: Sequence[_Unit], longest: int) -> Iterator[list[_Unit]]:
    group: list[_Unit] = []
    size = 0
    for unit in units:
        own = not group[-1].level if group else False
        if own and unit.level and size >= _ENOUGH:
            yield group
            group, size = [], 0
        elif group and size + unit.width > longest:
            carried = _carried(group, longest - unit.width)
            moved = len(carried) if group[-1].level else 0
            if len(group) > moved:
                yield group[: len(group) - moved]
            group, size = carried, sum(each.width for each in carried)
        group.append(unit)
        size += unit.width
    if group:
        yield group


def _headings(group: Sequence[_Unit]) -> int:
    """How many headings a group ends with: they belong to what follows."""
    return next((n for n, each in enumerate(reversed(group)) if not each.level), len(group))


def _carried(group: Sequence[_Unit], room: int) -> list[_Unit]:
    """What the next passage repeats: last sentences of the same section, or its headings."""
    last = _headings(group)
    if last:
        kept = list(group[-last:])
        fits = sum(each.width for each in kept) <= room
        return kept if fits else []
    kept, size = list[_Unit](), 0
    for each in reversed(group[1:]):
        size += each.width
        if each.level or size > min(OVERLAP, room):
            break
        kept.insert(0, each)
    return kept


def _units(text: str, *, markdown: bool, longest: int) -> Iterator[_Unit]:
    above: dict[int, str] = {}
    at, fenced = 0, False
    for line in text.splitlines(keepends=True):
        fenced ^= markdown and bool(_FENCE.match(line))
        heading = _HEADING.match(line) if markdown and not fenced else None
        path = tuple(above[level] for level in sorted(above))
        if heading:
            level = len(heading[1])
            above = {key: value for key, value in above.items() if key < level}
            path = tuple(above[key] for key in sorted(above))
            above[level] = heading[2]
        for part in (line,) if fenced or heading else sentences(line):
            for piece in _cut(part, longest):
                yield _Unit(at, at + len(piece), width(piece), len(heading[1]) if heading else 0,
                            path)  # fmt: skip
                at += len(piece)


def _cut(text: str, longest: int) -> Iterator[str]:
    """What is too long for one passage, at spaces where it has any."""
    while width(text) > longest:
        end = len(text) if text.isascii() else 0
        size = 0
        for end, each in enumerate(text):  # noqa: B007 -- where it stops is what is wanted
            size += width(each)
            if size > longest:
                break
        space = text.rfind(" ", end // 2, end)
        end = space + 1 if space >= 0 else end
        yield text[:end]
        text = text[end:]
    if text:
        yield text
