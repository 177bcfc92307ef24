"""JSON Schema of the stack file (draft 2020-12), put together from the components."""

from collections.abc import Iterable, Mapping

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import models_json_schema

from seaway.model.fields import models_in
from seaway.model.stack import Section
from seaway.ports.component import Component
from seaway.stackfile.descriptions import describe
from seaway.stackfile.form import FileForm
from seaway.stackfile.kinds import Kinds

DIALECT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, JsonValue]


def schema(kinds: Kinds, ingress: type[BaseModel] | None = None) -> Schema:
    """What editors check a stack file with. It is weaker than `check`: it sees no names."""
    models: list[type[BaseModel]] = [FileForm, *kinds, *([ingress] if ingress else [])]
    names, whole = models_json_schema(
        [(model, "validation") for model in models], ref_template="#/$defs/{model}"
    )
    found: dict[str, Schema] = whole["$defs"]
    top = found.pop(FileForm.__name__)
    keys = {kind: _name(names[kind, "validation"]) for kind in kinds}
    describe(top, FileForm)
    for each in {inner for model in models for inner in models_in(model)}:
        if each.__name__ in found:
            describe(found[each.__name__], each)
    for kind, key in keys.items():
        _allow_kind(found[key], kind)
    properties = _map(top["properties"])
    for section in Section:
        properties[section.value] = _members(
            _map(properties[section.value]),
            section,
            {k: v for k, v in keys.items() if k.section is section},
        )
    properties["defaults"] = _defaults(
        _map(properties["defaults"]),
        [found[keys[k]] for k in kinds if k.section is Section.SERVICES],
    )
    if ingress:
        described = _map(properties["ingress"]).get("description", "")
        properties["ingress"] = {**names[ingress, "validation"], "description": described}
    return {"$schema": DIALECT, **top, "properties": properties, "$defs": dict(found)}


def _allow_kind(written: Schema, kind: type[Component]) -> None:
    """A component says what it is, where its settings do not show it."""
    properties = _map(written["properties"])
    properties["kind"] = {"const": kind.kind}
    if kind.kind == "job":
        properties["job"] = {"const": True}
    written["properties"] = properties
    if kind.section is not Section.SERVICES:
        required = written.get("required")
        written["required"] = ["kind", *(required if isinstance(required, list) else [])]


def _members(section: Schema, which: Section, keys: Mapping[type[Component], str]) -> Schema:
    """A section: by name, one of its kinds, or a single word."""
    forms: list[JsonValue] = [{"$ref": f"#/$defs/{key}"} for key in keys.values()]
    words: Schema = {"type": "string"}
    if which is not Section.SERVICES:
        words = {"enum": [kind.kind for kind in keys]}
    described = {name: value for name, value in section.items() if name in {"description", "title"}}
    return {
        **described,
        "type": ["object", "null"],
        "propertyNames": {"pattern": "^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$"},
        "additionalProperties": {"anyOf": [*forms, words]},
    }


def _defaults(section: Schema, services: Iterable[Schema]) -> Schema:
    """Every setting that some kind of service knows."""
    known: Schema = {}
    for service in services:
        for name, value in _map(service["properties"]).items():
            known.setdefault(name, value)
    for name in ("kind", "job"):
        known.pop(name, None)
    described = {name: value for name, value in section.items() if name in {"description", "title"}}
    return {
        **described, "type": ["object", "null"], "properties": known,
        "additionalProperties": False,
    }  # fmt: skip


def _name(reference: Mapping[str, JsonValue]) -> str:
    return str(reference["$ref"]).rpartition("/")[2]


def _map(value: JsonValue) -> Schema:
    return dict(value) if isinstance(value, dict) else {}
