"""Filter: what metadata must contain, in the words of Milvus (as `@>` of PostgreSQL has it)."""

from collections.abc import Iterator, Sequence

import msgspec

from seaway.ai.vectors.forms import Json
from seaway.serving.refusal import Refusal

_ESCAPES = str.maketrans(
    {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
)  # fmt: skip


def equals(field: str, text: str) -> str:
    """Which have this text there."""
    return f"{field} == {_quoted(text)}"


def one_of(field: str, texts: Sequence[str]) -> str:
    """Which have one of these there."""
    return f"{field} in [{', '.join(map(_quoted, texts))}]"


def both(*conditions: str) -> str:
    """All that are not empty."""
    return " and ".join(each for each in conditions if each)


def contains(wanted: Json) -> str:
    """Empty where anything will do.

    Raises:
        Refusal: Milvus has no words for it.
    """
    return both(*_contained("metadata", wanted))


def _contained(path: str, wanted: Json) -> Iterator[str]:
    for key, value in wanted.items():
        inner = f"{path}[{_quoted(key)}]"
        if isinstance(value, dict):
            deeper = msgspec.convert(value, Json)
            yield both(*_contained(inner, deeper)) if deeper else f"exists {inner}"
        elif isinstance(value, list):
            items = msgspec.convert(value, list[object])
            yield f"json_contains_all({inner}, [{', '.join(map(_simple, items))}])"
        else:
            yield f"{inner} == {_simple(value)}"


def _simple(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case int() | float():
            return repr(value)
        case str():
            return _quoted(value)
        case _:
            message = "Milvus filters by texts, numbers, truths, and lists of them."
            raise Refusal(422, "filter", message)


def _quoted(text: str) -> str:
    return f'"{text.translate(_ESCAPES)}"'
