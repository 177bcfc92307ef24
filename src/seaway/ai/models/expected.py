"""Expected: what kind of thing a question asks for, where its words say so; an answer has one."""

import re

_NUMBER = (
    r"(?:\d[\d.,]*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|half|once"
    r"|twice|dozen)\b|[一二两三四五六七八九十百千半双单]+)"
)
_TIME = (
    r"\s?(?:ms|s|secs?|seconds?|mins?|minutes?|h|hours?|days?|weeks?|months?|years?)\b"
    r"|\s?个?半?(?:毫秒|秒|分钟|小时|天|日|周|星期|月|年)"
)
_ENERGY = r"kcal|calorie|\bkj\b|大卡|千卡|卡路里|千焦|卡/"
_HEAT = r"°|℃|degree|摄氏|华氏|\d\s?度|度(?:左右|以上|以下|上下)?(?:[，。,.]|$)"
_BULLET = re.compile(r"^\s*(?:\d{1,3}[.)、]|[-*])\s+")
"""The number of a step is no figure."""


def _kind(asks: str, shows: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    return re.compile(asks, re.IGNORECASE), re.compile(shows, re.IGNORECASE)


_KINDS = (
    _kind(r"calorie|kcal|大卡|卡路里|热量", _ENERGY),
    _kind(r"temperature|degrees|多少度|几度|水温|油温", _HEAT),
    _kind(
        r"how (?:long|fast|quickly|soon)|(?:how many|number of) (?:milli)?(?:second|minute|hour|day"
        r"|week|month|year)|多久|多长时间|[几多][少]?个?(?:秒|分钟|小时|天|星期|周|月|年)",
        rf"{_NUMBER}(?:{_TIME})",
    ),
    _kind(r"(?:which|what) year|哪一?年", r"\b(?:1[5-9]|20)\d\d\b"),
    _kind(r"phone|电话", r"\d{5}|\d{3}[- ]\d{3}"),
    _kind(r"how many grams|多少克|几克", rf"{_NUMBER}\s?(?:g|kg|克|千克|公斤|斤)(?![a-z])"),
    _kind(r"多少毫升|几毫升|how many millilit", rf"{_NUMBER}\s?(?:ml|l|毫升|升|cc)(?![a-z])"),
    _kind(r"状态码|status code", r"\b[1-5]\d\d\b|\b[1-5]\d\d(?=\D)"),
    _kind(r"\bhow (?:many|much|often)\b|几[个颗只枚片勺次根]|多少|比例|多大一", _NUMBER),
)  # fmt: skip


def expected(question: str) -> re.Pattern[str] | None:
    """What a sentence must have to be an answer; None where the question does not tell."""
    return next((shows for asks, shows in _KINDS if asks.search(question)), None)


def has(kind: re.Pattern[str] | None, sentence: str) -> bool:
    """Whether a sentence can be an answer of this kind."""
    return kind is None or kind.search(_BULLET.sub("", sentence)) is not None
