"""Reads settings into a model, and turns what pydantic says of faults into findings."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from seaway.model.fields import names_at
from seaway.model.finding import Finding, Place
from seaway.model.near import choice
from seaway.model.stack import Path

ModelT = TypeVar("ModelT", bound=BaseModel)


class Locate(Protocol):
    """Finds the place of a value, or of the key before it."""

    def __call__(self, path: Path, *, key: bool) -> Place: ...


LONGEST_SHOWN = 60
HIDDEN = "***"
"""Instead of what is written among secrets: it may be one."""
MOST_FINDINGS = 100
"""Of one component: nobody reads on."""
_TEXT, _WHOLE, _TRUTH, _NUMBER, _LIST, _MAP = "SW127", "SW128", "SW129", "SW131", "SW132", "SW133"
_CHOICE, _RANGE, _FORM, _LENGTH, _EMPTY = "SW134", "SW135", "SW136", "SW137", "SW139"
_CODES = {
    "string_type": _TEXT, "string_sub_type": _TEXT, "string_unicode": _TEXT,
    "int_type": _WHOLE, "int_parsing": _WHOLE, "int_from_float": _WHOLE, "int_parsing_size": _WHOLE,
    "bool_type": _TRUTH, "bool_parsing": _TRUTH,
    "float_type": _NUMBER, "float_parsing": _NUMBER, "finite_number": _NUMBER,
    "list_type": _LIST, "tuple_type": _LIST, "set_type": _LIST, "frozen_set_type": _LIST,
    "iterable_type": _LIST,
    "dict_type": _MAP, "mapping_type": _MAP, "model_type": _MAP, "model_attributes_type": _MAP,
    "literal_error": _CHOICE, "enum": _CHOICE,
    "greater_than": _RANGE, "greater_than_equal": _RANGE, "less_than": _RANGE,
    "less_than_equal": _RANGE, "multiple_of": _RANGE,
    "string_pattern_mismatch": _FORM,
    "string_too_short": _LENGTH, "string_too_long": _LENGTH, "too_short": _LENGTH,
    "too_long": _LENGTH,
}  # fmt: skip
_SIGNS = {
    "gt": ">",
    "ge": ">=",
    "lt": "<",
    "le": "<=",
    "multiple_of": "n *",
    "min_length": ">=",
    "max_length": "<=",
}
_QUOTED_IN_YAML = re.compile(r"[-+.]?[0-9][0-9a-fA-Fox_.+-]*|true|false|null|~|")
"""Text that must have stood in quotes, else it would have been something else."""
_QUOTED = re.compile(r"'([^']*)'")
"""A choice in pydantic's list of them: `'one', 'two' or 'three'`."""


def validated(
    model: type[ModelT], settings: object, locate: Locate
) -> tuple[ModelT | None, tuple[Finding, ...]]:
    """The model, or everything that is wrong. Paths given to `locate` start at the settings."""
    try:
        return model.model_validate(settings), ()
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        return None, tuple(_clearest(model, settings, details[:MOST_FINDINGS], locate))


def shown(value: object) -> str:
    """A value as it may have been written, cut to what fits in a message."""
    plain = isinstance(value, str) and not _QUOTED_IN_YAML.fullmatch(value)
    text = str(value) if plain else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def _clearest(
    model: type[BaseModel], settings: object, details: list[ErrorDetails], locate: Locate
) -> Iterator[Finding]:
    """One finding for each place: where a union tried several forms, the one that says most."""
    best: dict[tuple[Path, str], ErrorDetails] = {}
    for detail in details:
        path, _ = _walked(settings, detail["loc"])
        own = str(detail["loc"][-1]) if detail["type"] == "missing" else ""
        known = best.get((path, own))
        if known is None or _weight(detail) > _weight(known):
            best[path, own] = detail
    for (path, _), detail in best.items():
        yield _finding(model, settings, detail, path, locate)


def _weight(detail: ErrorDetails) -> int:
    """Our own words say most, then a choice or a limit, then a mere type."""
    if detail["type"].startswith("SW"):
        return 3
    return 2 if _CODES.get(detail["type"], "") in {_CHOICE, _RANGE, _FORM, _LENGTH} else 1


def _finding(
    model: type[BaseModel], settings: object, detail: ErrorDetails, path: Path, locate: Locate
) -> Finding:
    _, value = _walked(settings, detail["loc"])
    if path[:1] == ("secrets",) and value is not None:
        value = HIDDEN
    last = str(detail["loc"][-1]) if detail["loc"] else "-"
    facts: dict[str, object] = {"what": str(path[-1]) if path else "-", "found": shown(value)}
    context: Mapping[str, object] = detail.get("ctx") or {}
    match detail["type"]:
        case "extra_forbidden":
            known = choice(last, names_at(model, detail["loc"][:-1]))
            return Finding(code="SW125", at=locate(path, key=True), facts=known)
        case "missing":
            return Finding(code="SW126", at=locate(path, key=True), facts=facts | {"name": last})
        case own if own.startswith("SW"):
            at = locate(path, key=last == "[key]")
            return Finding(code=own, at=at, facts=facts | dict(context))
        case other:
            code = _EMPTY if value is None else _CODES.get(other, "SW130")
            in_key = last == "[key]"
            facts |= _facts(code, str(path[-1]) if in_key else value, context)
            return Finding(code=code, at=locate(path, key=in_key), facts=facts)


def _facts(code: str, value: object, context: Mapping[str, object]) -> Mapping[str, object]:
    if code == _CHOICE:
        expected = str(context.get("expected", ""))
        return choice(shown(value), _QUOTED.findall(expected) or [expected])
    if code == _EMPTY:
        return {}
    limits = [f"{_SIGNS[key]} {limit}" for key, limit in context.items() if key in _SIGNS]
    facts = {"limit": ", ".join(limits), "pattern": context.get("pattern", "")}
    return facts | {"found": shown(value)}


def _walked(settings: object, steps: tuple[int | str, ...]) -> tuple[Path, object]:
    """The part of a location that was really written, and the value there.

    Pydantic's locations name members of unions and validators too; those are no keys.
    """
    path: list[str | int] = []
    value = settings
    for step in steps:
        found = _inside(value, step)
        if found is not None:
            path.append(step)
            value = found[0]
    return tuple(path), value


def _inside(value: object, step: int | str) -> tuple[object] | None:
    """What is there, in a tuple of its own since it may be None."""
    match value:
        case dict():
            keys = cast("dict[object, object]", value)
            return (keys[step],) if step in keys else None
        case list() if isinstance(step, int):
            items = cast("list[object]", value)
            return (items[step],) if step < len(items) else None
        case _:
            return None
