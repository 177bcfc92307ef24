"""Decides by rules which way a question goes: straight to an answer, or through reasoning."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Literal

from msgspec import Meta, Struct

LONG = 400
"""Characters from which a question is taken for a difficult one; Chinese says more in fewer."""
LONG_CHINESE = 120
WHY = re.compile(
    r"\b(why|prove|derive|explain|compare|analy[sz]e|step by step|trade-?offs?|debug|optimi[sz]e"
    r"|plan|design)\b|为什么|证明|推导|解释|比较|分析|一步|优化|设计|规划|推理|权衡",
    re.IGNORECASE,
)
SUMS = re.compile(
    r"\d\s*[-+*/^=×÷]\s*\d|[∑∫√≤≥]|\b(equation|integral|probability)\b|方程|积分|概率"
)
CODE = re.compile(r"```|\b(def|class|function|SELECT|Traceback|Exception)\b")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


class Turn(Struct, frozen=True):
    """One turn of the conversation."""

    role: Literal["system", "user", "assistant"]
    content: Annotated[str, Meta(min_length=1, max_length=32_000)]


class Route(StrEnum):
    """The two ways."""

    SIMPLE = "simple"
    REASONING = "reasoning"


class Decision(Struct, frozen=True):
    """Which way, and by which rule."""

    route: Route
    rule: str


def decide(turns: Sequence[Turn]) -> Decision:
    """The same conversation always goes the same way."""
    question = turns[-1].content
    for rule, found in (
        ("code", CODE.search(question)),
        ("sums", SUMS.search(question)),
        ("asks_why", WHY.search(question)),
    ):
        if found:
            return Decision(Route.REASONING, rule)
    limit = LONG_CHINESE if CHINESE.search(question) else LONG
    if len(question) > limit:
        return Decision(Route.REASONING, "long")
    return Decision(Route.SIMPLE, "short")
