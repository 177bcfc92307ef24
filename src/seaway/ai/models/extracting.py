"""Extracting: answers made of sentences that stand in the material, each with its passage."""

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from seaway.ai.models.conversation import Conversation
from seaway.ai.models.expected import expected, has
from seaway.ai.models.passages import Sentence, asked, chinese, passages, sentences
from seaway.ai.models.session import Rows
from seaway.ai.models.unmentioned import missing

NOT_FOUND = "NOT_FOUND"
"""The whole answer when nothing supports one, where the rules of the application have this word."""
SHARED = 0.4
"""What words in common count for in a score, beside 1 for likeness of meaning."""
IN_PLACE = 0.5
"""What a word in the headings above counts for, beside 1 in the sentence itself."""
ENOUGH = 0.36
"""For the best sentence's score. Of the 26 questions with an answer and 24 without one in
tests/ai/test_models_extract.py it keeps 23 and lets 1 through; with what is `unmentioned` 15 and
none: an answer that nothing supports is worse than none."""
NEAR = 0.88
"""Of the best score: those are quoted too."""
MOST = 3
_WORD = re.compile(r"[A-Za-z]+|[0-9]+(?:[.:][0-9]+)*|[\u4e00-\u9fff]+")
_EMPTY = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be been by can could did do does for from had has have he her his how i"
        " if in is it its me much many my of on or our she should so that the their them there they"
        " this to was we were what when where which who whom whose why will with would you your",
    )
)
_CHINESE_EMPTY = re.compile(
    "什么|怎么|怎样|如何|多少|哪里|哪儿|哪些|哪个|哪天|哪|谁|吗|呢|的|了|是|在|有|和|与|请问|请|我|你|您|几|吧|啊"
)
_WORDS = {
    True: ("以下内容摘自资料：", "资料中没有找到答案。"),
    False: ("From the material:", "The material does not answer this."),
}
Embed = Callable[[Sequence[str]], Rows]


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence that supports the answer."""

    sentence: Sentence
    score: float


def extracted(talk: Conversation, embed: Embed) -> str:
    """The answer: quotes, a line each, or that nothing was found. `embed` gives unit vectors."""
    question = asked(talk.question)
    found = quotes(question, passages(each.text for each in talk.messages), embed)
    agreed = NOT_FOUND in talk.rules
    heading, nothing = _WORDS[chinese(question)]
    if not found:
        return NOT_FOUND if agreed else nothing
    lines = [f"{each.sentence.text} [{each.sentence.passage}]" for each in found]
    return "\n".join(lines if agreed else [heading, *lines])


def quotes(question: str, found: dict[int, str], embed: Embed) -> list[Quote]:
    """The sentences that answer best, in the order of the passages; none when none is near."""
    kind = expected(question)
    rows = [each for each in dict.fromkeys(sentences(found)) if has(kind, each.text)]
    if not rows or not question:
        return []
    scores = _scores(question, rows, embed)
    best = float(scores.max())
    if best < ENOUGH or best < ENOUGH + _missing(question, found, embed):
        return []
    order = [int(each) for each in np.argsort(-scores)[:MOST]]
    chosen = [number for number in order if scores[number] >= NEAR * best]
    return [Quote(rows[number], float(scores[number])) for number in sorted(chosen)]


def _missing(question: str, found: dict[int, str], embed: Embed) -> float:
    """Nothing where question and material are not of one language: words cannot be compared."""
    material, in_chinese = list(found.values()), chinese(question)
    if any(chinese(each) != in_chinese for each in material):
        material = [each for each in material if chinese(each) == in_chinese]
        if 2 * len(material) < len(found):
            return 0.0
    asking = _CHINESE_EMPTY.sub(" ", question) if in_chinese else _asking(question)
    return missing(asking, material, embed, None if in_chinese else _stem)


def _asking(question: str) -> str:
    words = re.findall(r"[A-Za-z0-9]+", question)
    return " ".join(each for each in words if each.lower() not in _EMPTY)


def _scores(question: str, rows: Sequence[Sentence], embed: Embed) -> Rows:
    texts = [f"{each.place}: {each.text}" if each.place else each.text for each in rows]
    likeness = embed(texts) @ embed([question])[0]
    shared = np.array(_shared(question, rows), dtype=np.float32)
    scores: Rows = likeness + SHARED * shared
    return scores


def _shared(question: str, rows: Sequence[Sentence]) -> list[float]:
    """Which part of the question's words each has; rare words count more, those of places less."""
    wanted = _features(question)
    own = [_features(each.text) for each in rows]
    places = [_features(each.place) - mine for each, mine in zip(rows, own, strict=True)]
    often = Counter(feature for each in own for feature in each)
    weight = {each: math.log(1 + len(rows) / (1 + often[each])) for each in wanted}
    whole = sum(weight.values())
    if not whole:
        return [0.0] * len(rows)
    return [
        sum(weight[each] for each in wanted & mine) / whole
        + IN_PLACE * sum(weight[each] for each in wanted & place) / whole
        for mine, place in zip(own, places, strict=True)
    ]


def _features(text: str) -> frozenset[str]:
    """Words without their endings, numbers, and Chinese in pairs: those that say something."""
    found: set[str] = set()
    for word in _WORD.findall(_CHINESE_EMPTY.sub(" ", text).lower()):
        if word[0].isascii():
            if word not in _EMPTY:
                found.add(_stem(word))
        else:
            found |= {word[at : at + 2] for at in range(max(len(word) - 1, 1))}
    return frozenset(found)


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "ed", "es", "s", "e"):
        if word.endswith(ending) and len(word) - len(ending) > 2:  # noqa: PLR2004 -- what is left must be a word
            return word.removesuffix(ending)
    return word
