"""Forms of a JSON Schema in words: what a setting takes, and what it is by default."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta

from pydantic import JsonValue, TypeAdapter

from seaway.model.quantity import shown_duration, shown_size
from seaway.stackfile.schema import Schema
from tools.reference.markdown import code, slug, table

HEAD = ("setting", "takes", "by default", "meaning")
SIZES = ["512Mi", "10MB"]
"""How the schema shows that a setting is a size."""
DURATION = TypeAdapter(timedelta)


class Forms:
    """The forms of a schema by name; remembers which have been referred to and which shown."""

    def __init__(self, definitions: JsonValue) -> None:
        self._all: dict[str, Schema] = {
            name: dict(each)
            for name, each in (definitions if isinstance(definitions, dict) else {}).items()
            if isinstance(each, dict)
        }
        self._wanted: list[str] = []
        self._shown: set[str] = set()

    def model(self, name: str) -> Schema:
        """One form."""
        return self._all[name]

    def shown(self, name: str) -> Schema:
        """The same, from now on no part of the rest."""
        self._shown.add(name)
        return self._all[name]

    def rest(self) -> Iterator[str]:
        """What has been referred to and not shown yet, in order of being named."""
        for name in self._wanted:  # grows while it is gone through
            if name not in self._shown and name in self._all:
                yield name

    def title(self, name: str) -> str:
        """The heading of a form."""
        words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.removesuffix("Form"))
        return {"Site": "Host", "Secret": "Secrets"}.get(words, words.capitalize())

    def table(self, form: Schema, without: tuple[str, ...] = ()) -> str:
        """The settings of a form."""
        properties, required = form.get("properties"), form.get("required")
        needed = required if isinstance(required, list) else []
        rows = [
            (
                code(name), self.words(each), "needed" if name in needed else default(each),
                str(each.get("description", "")),
            )
            for name, each in (properties if isinstance(properties, dict) else {}).items()
            if isinstance(each, dict) and name not in without
        ]  # fmt: skip
        return table(HEAD, rows)

    def words(self, form: JsonValue) -> str:
        """What may be written there."""
        if not isinstance(form, dict):
            return "anything"
        match form:
            case {"$ref": str(reference)}:
                found = self._link(reference.rpartition("/")[2])
            case {"const": value}:
                found = code(_plain(value))
            case {"enum": [*values]}:
                found = _codes(values)
            case {"anyOf": [*inner]}:
                words = [self.words(each) for each in inner if each != {"type": "null"}]
                found = " or ".join(dict.fromkeys(words))
            case {"examples": [*values]}:
                found = f"as {_codes(values)}"
            case _:
                found = self._by_type(form.get("type"), form)
        return found

    def _by_type(self, kind: JsonValue, form: Mapping[str, JsonValue]) -> str:
        match kind:
            case "array":
                return f"list: {self.words(form.get('items'))}"
            case "object" | ["object", "null"]:
                return self._map(form)
            case "boolean":
                return "`true`, `false`"
            case "integer" | "number":
                return _number(form)
            case "string":
                return "text"
            case _:
                return "anything"

    def _map(self, form: Mapping[str, JsonValue]) -> str:
        by_pattern = form.get("patternProperties")
        if isinstance(by_pattern, dict):
            return f"by name: {' or '.join(self.words(each) for each in by_pattern.values())}"
        inner = form.get("additionalProperties")
        return f"by name: {self.words(inner)}" if isinstance(inner, dict) else "map"

    def _link(self, name: str) -> str:
        if name not in self._all or name == "JsonValue":
            return "anything"
        self._wanted.append(name)
        title = self.title(name)
        return f"[{title}](#{slug(title)})"


def default(form: Mapping[str, JsonValue]) -> str:
    """The default of a setting as people would write it; empty where there is none."""
    value = form.get("default")
    if not value and value is not False:
        return ""
    match value:
        case str() if value.startswith("P"):
            span = DURATION.validate_python(value)
            shown = code(shown_duration(span)) if span else ""
        case int() if form.get("examples") == SIZES:
            shown = code(shown_size(value))
        case dict():
            shown = code(value["least"]) if "least" in value else ""
        case list():
            shown = _codes(value)
        case _:
            shown = code(_plain(value))
    return shown


def _codes(values: Sequence[JsonValue]) -> str:
    return ", ".join(code(_plain(value)) for value in values)


def _number(form: Mapping[str, JsonValue]) -> str:
    least, most = form.get("minimum"), form.get("maximum")
    if least is None:
        return "number"
    return f"number from {least}" if most in {None, 1_000_000} else f"number, {least} to {most}"


def _plain(value: JsonValue) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
