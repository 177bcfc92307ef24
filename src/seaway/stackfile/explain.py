"""Explain: every resolved value of a stack, with the line, environment or default it came from."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from pydantic import BaseModel, BeforeValidator, JsonValue, ValidationError
from pydantic.fields import FieldInfo

from seaway.model.finding import Place
from seaway.model.quantity import shown_duration, shown_size, size
from seaway.model.settings.resources import Replicas
from seaway.model.stack import Declaration, Path, Stack, shown_path
from seaway.stackfile.kinds import Kinds

DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One value. Secrets appear by name: their values are in no file."""

    path: str
    value: str
    origin: str
    """`file`, `defaults`, `environment NAME`, `--set` or `default`."""
    at: Place


def explain(stack: Stack, kinds: Kinds, path: str = "") -> tuple[Row, ...]:
    """All values at or below a path, in the order of the file, defaults of a component after it."""
    rows = [row for each in stack.declarations for row in _declared(stack, each, kinds)]
    for section in ("ingress", "secrets", "monitor", "targets"):
        written: Mapping[str, JsonValue] = getattr(stack, section)
        rows += [row for key, value in written.items()
                 for row in _written(stack, (section, key), value)]  # fmt: skip
    wanted = path.strip(".")
    return tuple(
        row for row in rows if not wanted or row.path == wanted or row.path.startswith(f"{wanted}.")
    )


def _declared(stack: Stack, declaration: Declaration, kinds: Kinds) -> Iterator[Row]:
    start: Path = (declaration.section.value, declaration.name)
    at = stack.place(*start, "kind")
    yield Row(path=shown_path((*start, "kind")), value=declaration.kind, origin=at.origin, at=at)
    kind = next(
        (k for k in kinds if k.kind == declaration.kind and k.section is declaration.section), None
    )
    try:
        component = kind.model_validate(declaration.settings) if kind else None
    except ValidationError:
        component = None
    if component is None:
        for name, value in declaration.settings.items():
            yield from _written(stack, (*start, name), value)
    else:
        yield from _fields(stack, start, component)


def _fields(stack: Stack, path: Path, model: BaseModel) -> Iterator[Row]:
    for name, field in type(model).model_fields.items():
        here = (*path, field.alias or name)
        value = getattr(model, name)
        given = name in model.model_fields_set
        if isinstance(value, BaseModel) and not isinstance(value, Replicas):
            yield from _fields(stack, here, value)
        elif here in stack.places:
            yield from _written(stack, here, _value_at(stack, here))
        else:
            at = stack.place(*here) if given else Place(path=shown_path(here), origin=DEFAULT)
            yield Row(path=shown_path(here), value=_shown(value, field), origin=at.origin, at=at)


def _written(stack: Stack, path: Path, value: JsonValue) -> Iterator[Row]:
    """What stands in the file, down to single values; lists stay whole."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _written(stack, (*path, name), inner)
        return
    at = stack.place(*path)
    yield Row(path=shown_path(path), value=_plain(value), origin=at.origin, at=at)


def _value_at(stack: Stack, path: Path) -> JsonValue:
    declaration = next(
        each for each in stack.declarations if (each.section.value, each.name) == path[:2]
    )
    value: JsonValue = dict(declaration.settings)
    for step in path[2:]:
        value = value.get(str(step)) if isinstance(value, dict) else None
    return value


def _shown(value: object, field: FieldInfo) -> str:
    """A default as it would be written, with its unit."""
    if isinstance(value, timedelta):
        return shown_duration(value)
    if any(isinstance(each, BeforeValidator) and each.func is size for each in field.metadata):
        return shown_size(value) if isinstance(value, int) and value else "-"
    nothing = value is None or value in ("", (), {})
    if nothing or (isinstance(value, float) and not value):
        return "-"
    return _plain(value)


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_plain(each) for each in cast("list[object]", value)) + "]"
    return "-" if value is None else str(value)
