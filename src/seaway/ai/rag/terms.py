"""Terms: what a text is found by, in Chinese and English, without a dictionary."""

import re
import unicodedata
from collections.abc import Iterator

_WIDE = r"\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
"""Scripts that are written without spaces, as far as they are in use."""
_RUN = re.compile(rf"[{_WIDE}]+|\d+(?:\.\d+)+|(?:(?![{_WIDE}])[^\W_])+")
_ASKING_WORDS = """
a about an and any are as at be been but by can could did do does for from had has have
how i if in into is it its many may me much must my no not of on one or our out shall
should so some than that the their them then there these they this to was we were what
when where which who whom whose why will with would you your
"""
_ASKING = frozenset(_ASKING_WORDS.split())
"""English words that a question has and its answer need not have."""
_CHINESE_ASKING = re.compile(
    "请问|多少|什么|怎么样|怎么|怎样|如何|哪些|哪个|哪种|哪里|哪儿|哪一|为什么|为何|是否|能否|可否|能不能"
    "|可不可以|是不是|有没有|需要|可以|应该|多久|多长|几个|多大|告诉|我们|你们|他们|这个|那个|一下|时候"
    "|以及|或者|如果|的话|的|了|吗|呢|吧|呀|是|在|有|和|与|把|被|就|都|也|还|要|会|能|我|你|您|它|他|她"
)
_SHORTEST = 4
"""Letters of a word that may lose its ending."""


def terms(text: str) -> list[str]:
    """All terms of a text, as often as they are there: words, Chinese in ones and twos."""
    return [term for run in _runs(text) for term in _of_run(run)]


def asked(question: str) -> tuple[str, ...]:
    """Those terms of a question that its answer should have; each once."""
    found: dict[str, None] = {}
    for part in _CHINESE_ASKING.split(unicodedata.normalize("NFKC", question)):
        for run in _runs(part):
            if run in _ASKING:
                continue
            found |= dict.fromkeys(_pairs(run) if _wide(run) else _of_run(run))
    return tuple(found) or tuple(dict.fromkeys(terms(question)))


def chinese(text: str) -> bool:
    """Whether a text is Chinese rather than English."""
    wide = sum(_wide(each) for each in text)
    return wide > sum(each.isascii() and each.isalpha() for each in text) // 4


def _runs(text: str) -> Iterator[str]:
    return (each[0] for each in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()))


def _wide(run: str) -> bool:
    return "\u3040" <= run[0] <= "\ufaff"


def _of_run(run: str) -> Iterator[str]:
    if not _wide(run):
        yield _stem(run)
    elif len(run) == 1:
        yield run
    else:
        yield from run
        yield from _pairs(run)


def _pairs(run: str) -> Iterator[str]:
    if len(run) == 1:
        yield run
    yield from (run[at : at + 2] for at in range(len(run) - 1))


def _stem(word: str) -> str:
    """Without the endings of plurals and verbs: what is left need be no word, only the same."""
    if len(word) < _SHORTEST or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        left = word.removesuffix(ending)
        if left != word and len(left) >= _SHORTEST - 1:
            word = left[:-1] if left[-1] == left[-2] and left[-1] not in "lsz" else left
            break
    return word.removesuffix("e")
