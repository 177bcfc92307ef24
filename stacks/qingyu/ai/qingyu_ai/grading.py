"""Grades passages: which of those that were found may answer a question."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

SUPPORTS = 0.4
"""Sum of likeness and shared words from which a passage may answer. Seaway's own `rag` chose 0.38
for the same sum on the same model (docs/decisions/0061); a little more here, as a wrong source
under a text is worse than none."""
WORD = re.compile(r"[a-z]+|[0-9]+(?:[.:][0-9]+)*|[\u4e00-\u9fff]+")
EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a about an and are as at be by can could did do does for from had has have how i if in is"
        " it its me my of on or our she should so that the their there they this to was we were"
        " what when where which who why will with would you your",
    )
)
EMPTY_ZH = re.compile(
    "什么|怎么|怎样|如何|多少|哪里|哪些|哪个|哪|谁|吗|呢|的|了|是|在|有|和|与|请问|请|我|你|您|几|吧|啊"
)
STEM = 6
"""Letters of an English word that count: `market` and `marketing` are one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A part of a document that a search has found."""

    id: str
    document: str
    title: str
    text: str
    similarity: float
    """To what was sought, at most 1."""


@dataclass(frozen=True, slots=True)
class Graded:
    """A passage, and how good it is: from 0 to 2, half by likeness and half by words."""

    passage: Passage
    score: float


def graded(question: str, found: Sequence[Passage]) -> list[Graded]:
    """Return all of them, the best first."""
    shared = covered(question, [f"{each.title} {each.text}" for each in found])
    scored = (
        Graded(each, max(each.similarity, 0.0) + part)
        for each, part in zip(found, shared, strict=True)
    )
    return sorted(scored, key=lambda each: -each.score)


def covered(question: str, texts: Sequence[str]) -> list[float]:
    """Return which part of the question's words each text has; rare ones count more."""
    wanted, own = words(question), [words(each) for each in texts]
    often = Counter(word for each in own for word in each)
    weight = {each: math.log(1 + (len(texts) + 1) / (1 + often[each])) for each in wanted}
    whole = sum(weight.values())
    if not whole:
        return [0.0] * len(texts)
    return [sum(weight[word] for word in wanted & each) / whole for each in own]


def words(text: str) -> frozenset[str]:
    """Return English words by their beginnings, and Chinese ones as pairs of characters."""
    found = set[str]()
    for run in WORD.findall(EMPTY_ZH.sub(" ", text.lower())):
        if "\u4e00" <= run[0] <= "\u9fff":
            found.update(run[at : at + 2] for at in range(max(len(run) - 1, 1)))
        elif run not in EMPTY:
            found.add(run[:STEM])
    return frozenset(found)
