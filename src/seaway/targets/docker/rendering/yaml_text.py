"""YAML text: plain values as people read them: blocks, and each text quoted as JSON does."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

Value = str | int | float | bool | Sequence["Value"] | Mapping[str, "Value"]
_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
"""What YAML does not have in its texts as it is, and JSON does (YAML 1.2, chapter 5.1)."""


def yaml_text(value: Mapping[str, Value]) -> str:
    """A document. JSON's texts and numbers are YAML 1.2 as well (chapter 1.3)."""
    return "\n".join(_block(value, "")) + "\n"


def _block(value: Mapping[str, Value], margin: str) -> Iterator[str]:
    for key, each in value.items():
        name = key if _plain(key) else _quoted(key)
        if not margin and isinstance(each, Mapping):
            yield ""  # between the sections of the document
        yield from _entry(f"{margin}{name}:", each, margin)


def _entry(head: str, value: Value, margin: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _block(value, f"{margin}  ")
    elif isinstance(value, Sequence) and not isinstance(value, str) and _nested(value):
        yield head
        for each in value:
            first, *rest = _block(cast("Mapping[str, Value]", each), f"{margin}    ")
            yield f"{margin}  - {first.strip()}"
            yield from rest
    else:
        yield f"{head} {_quoted(value)}"


def _nested(value: Sequence[Value]) -> bool:
    return any(isinstance(each, Mapping) for each in value)


def _plain(key: str) -> bool:
    """A few words mean something else to readers of YAML 1.1."""
    return bool(_PLAIN_KEY.fullmatch(key)) and key.lower() not in _WORDS


def _quoted(value: Value) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
