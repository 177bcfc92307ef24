"""Words: deterministic answers in Chinese and English, and how they are counted in tokens."""

import hashlib
import random
import re
from collections.abc import Sequence

_TOKEN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]| ?[A-Za-z]{1,7}| ?[0-9]{1,3}|\s+|.",
                    re.DOTALL)  # fmt: skip
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_MARKER = re.compile(r"\[\[[a-z]+: ?[^\]]*\]\]")
_EXACT = re.compile(r"\[\[answer: ?([^\]]*)\]\]")
_LENGTH = re.compile(r"\[\[tokens: ?([0-9]{1,6})\]\]")
_QUOTED = 24
"""Characters of the question that an answer repeats."""

_ENGLISH = (
    "The short answer is that it depends on what you want to keep.",
    "Begin with the smallest step that can be checked.",
    "Three things matter here: the order, the limits and who is told.",
    "It helps to write down what should be true at the end.",
    "A second look usually finds what the first one took for granted.",
    "Most of the work is in the cases that happen rarely.",
    "If time is short, leave out what can be added later without harm.",
    "What is measured can be improved; what is guessed can only be argued about.",
    "Nothing in this answer comes from a real model.",
    "Please ask again if one of these points is not clear.",
)
_CHINESE_SENTENCES = (
    "简单地说，这取决于您最想保留的是什么。",
    "建议先从最小的、可以验证的一步开始。",
    "这里有三件事最重要：顺序、限制，以及通知谁。",
    "先把最终应当成立的条件写下来，会很有帮助。",
    "再看一遍，往往能发现第一次想当然的地方。",
    "大部分工作都在那些很少发生的情形里。",
    "时间紧的话，可以先略去以后再补也无妨的部分。",
    "能测量的才能改进，靠猜的只能争论。",
    "本回答并非来自真实的模型。",
    "如果哪一点不清楚，请继续提问。",
)
_THOUGHTS = {
    False: "The question is “{said}”. First the terms, then the limits, then an example.",
    True: "问题是“{said}”。先看概念，再看限制，最后举例。",
}


def tokens(text: str) -> list[str]:
    """The pieces of a text; joined again they are the same text."""
    return _TOKEN.findall(text)


def chinese(text: str) -> bool:
    """Whether an answer should be in Chinese."""
    return len(_CHINESE.findall(text)) * 4 >= len(text.split()) and bool(_CHINESE.search(text))


def chance(seed: int, *words: str) -> random.Random:
    """The same for the same words, in every process."""
    digest = hashlib.sha256("\0".join((str(seed), *words)).encode()).digest()
    return random.Random(digest)  # noqa: S311 -- to be repeated, not to be secret


def answer(seed: int, talk: Sequence[str], pictures: Sequence[str] = ()) -> str:
    """What is said to a conversation; its last text is the question."""
    asked = talk[-1] if talk else ""
    if exact := _EXACT.search(asked):
        return exact[1]
    luck, in_chinese = chance(seed, *talk, *pictures), chinese(asked)
    said = _said(asked)
    sentences = list(_CHINESE_SENTENCES if in_chinese else _ENGLISH)
    luck.shuffle(sentences)
    start = [f"关于“{said}”：" if in_chinese else f"About “{said}”:"]
    if pictures:
        shown = "、".join(pictures) if in_chinese else ", ".join(pictures)
        start.append(f"图中可见：{shown}。" if in_chinese else f"The picture shows: {shown}.")
    text = ("" if in_chinese else " ").join((*start, *sentences[: luck.randint(3, 6)]))
    wanted = _LENGTH.search(asked)
    return _of_length(text, int(wanted[1])) if wanted else text


def thoughts(talk: Sequence[str]) -> str:
    """What a reasoning model says before its answer."""
    asked = talk[-1] if talk else ""
    return _THOUGHTS[chinese(asked)].format(said=_said(asked))


def _said(text: str) -> str:
    plain = " ".join(_MARKER.sub("", text).split())
    return plain if len(plain) <= _QUOTED else plain[:_QUOTED].rstrip() + "…"


def _of_length(text: str, count: int) -> str:
    pieces = tokens(text) or ["."]
    return "".join(pieces[number % len(pieces)] for number in range(count))
