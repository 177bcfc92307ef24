"""Unmentioned: what a question is about, and the material never mentions, nor anything like it.

Sentences about the same dish are much alike, whatever is asked of it. Whether the material can
have an answer shows in the words of the question that it does not have: `fast` stands for `10 s`,
but nothing in a recipe stands for `diabetics`.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from seaway.ai.models.session import Rows

LIKE = 0.8
"""Similarity from which two words mean the same."""
COSTS = 0.8
"""How much better than usual an answer must be, for each 1 of similarity that is missing."""
STRANGE, STRANGE_NAME = 0.54, 0.75
"""Below, the material is about something else: for a word, and for a name or a long word. The
strictest by which the `dev` half of tests/evaluation/rag loses no answer."""
_NAME = 4
"""Characters from which a Chinese word is long."""
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9]*")
_HAN = re.compile(r"[\u4e00-\u9fff]+")
_PHRASE = re.compile(r"[\u4e00-\u9fff]{2,6}")
_MOST = 600
"""Words of the material that are compared."""
_FILLING = re.compile(
    "时候|时间|以后|之后|以前|的话|可以|能不能|能否|可不可以|是否|需要|应该|会|能|要|用|做|把|被|给|从"
    "|到|里|中|上|下|最|多|少|个|每|一|不|还|也|都|就|才|再|去|来|让|为|比|对|它|他|她|后|前|时|大|小|过"
)
Embed = Callable[[Sequence[str]], Rows]
Stem = Callable[[str], str]


def missing(question: str, material: Sequence[str], embed: Embed, known: Stem | None) -> float:
    """How much more than usual an answer needs; 1 when the material can have none.

    `known` makes English words comparable; None for a Chinese question.
    """
    text = "\n".join(material)
    strange = list(_chinese(question, text) if known is None else _english(question, text, known))
    if not strange:
        return 0.0
    words = list(dict.fromkeys((_WORD if known else _PHRASE).findall(text)))[:_MOST]
    if not words:
        return 1.0
    nearest = (embed(words) @ embed(strange).T).max(axis=0)
    pairs = list(zip(strange, map(float, nearest), strict=True))
    if any(near < _least(word) for word, near in pairs):
        return 1.0
    return COSTS * max(0.0, LIKE - min(near for _, near in pairs))


def _least(word: str) -> float:
    named = word[0].isupper() if word.isascii() else len(word) >= _NAME
    return STRANGE_NAME if named else STRANGE


def _english(question: str, text: str, known: Stem) -> Iterable[str]:
    there = {known(each.lower()) for each in _WORD.findall(text)}
    first, *rest = _WORD.findall(question) or [""]
    words = [first.lower(), *rest]  # a capital says something in the middle only
    return (each for each in words if each and known(each.lower()) not in there)


def _chinese(question: str, text: str) -> Iterable[str]:
    for run in _HAN.findall(question):
        pairs = [run[at : at + 2] in text for at in range(len(run) - 1)]
        sides = zip([False, *pairs], [*pairs, False], strict=True)
        there = [left or right for left, right in sides]
        rest = "".join(each if not seen else " " for each, seen in zip(run, there, strict=True))
        yield from (each for each in _FILLING.sub(" ", rest).split() if len(each) > 1)
    yield from (each for each in _WORD.findall(question) if each.lower() not in text.lower())
