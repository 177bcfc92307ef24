"""Plain scalars by the core schema of YAML 1.2: `on`, `off`, `no` and dates stay text."""

import math
import re

from pydantic import JsonValue

_WORDS: dict[str, JsonValue] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True,
    "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(
    r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)"
)
_LONGEST_NUMBER = 64
_LARGEST = 2**63 - 1


class Unusable(ValueError):  # noqa: N818 -- an answer to the one caller
    """A number that no setting can mean: infinite, not a number, or beyond 64 bits."""


def resolved(text: str) -> JsonValue:
    """The value of a scalar that was written without quotes.

    Raises:
        Unusable: a number beyond what can be kept.
    """
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return _float(text)
    return text


def _integer(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise Unusable
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    value = int(text[2:] if base != 10 else text, base)  # noqa: PLR2004 -- ten is ten
    if abs(value) > _LARGEST:
        raise Unusable
    return value


def _float(text: str) -> float:
    if len(text) > _LONGEST_NUMBER or text.lower().endswith(("inf", "nan")):
        raise Unusable
    value = float(text)
    if not math.isfinite(value):
        raise Unusable
    return value
