"""The page of all settings, from the JSON Schema of the stack file."""

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import JsonValue

from seaway import wiring
from seaway.components import KINDS
from seaway.components.ingress import Ingress, Ports, RouteForm, SiteForm
from seaway.messages import Language, say
from seaway.model.names import Name
from seaway.model.stack import Section
from seaway.ports.component import Component, Surroundings
from seaway.stackfile.descriptions import describe
from seaway.stackfile.schema import Schema, schema
from tools.reference.form import Forms
from tools.reference.markdown import code, table

INTRO = """# The stack file: every setting

*This page is generated from the JSON Schema; `just docs` writes it.*

`seaway new` writes the same schema beside the stack file, so that editors complete and check it.
`seaway explain` shows each setting of a stack with its value and where that comes from.

Quantities carry units: times as `500ms`, `30s`, `5m`, `1h30m` or `30d`; sizes as `512Mi` (1024) or `10MB` (1000); rates as `10/s per ip`.
A bare number where a unit is needed is an error.
Values may be references, always a whole value: `env:NAME` is a variable of whoever runs Seaway, `secret:NAME` a secret, `ref:db.url` what a used component hands out.
Where a setting takes a map, the most important one of its settings may often stand alone: `health: /healthz` is `health: {ready: /healthz}`.
"""  # noqa: E501 -- a sentence is a line
UNKEPT = """
## Understood, and not acted on yet

These settings are read and checked, and `check` says for each that nothing acts on it yet.
A kind that is not built yet is an error ([SW150](findings.md#SW150)).

"""
SAMPLE = """
seaway: 1
name: sample
services:
  one: {run: one, port: 80, scale: {cpu: 70%}, rollout: {rollback_if: {errors: "> 1%"}}}
  two: {run: two, replicas: 2..4, rollout: canary}
data:
  db: {kind: postgres, standby: 1, backup: {to: files}}
  cache: {kind: redis, backup: {to: files}}
  files: {kind: s3, buckets: {one: {}}, backup: {to: files}}
monitor: {slo: {one: {p95: 800ms}}}
"""
NOT_ACTED_ON = frozenset({"SW151", "SW304", "SW305"})
SECTIONS = {
    Section.SERVICES: "The kind follows from the settings: `static` makes it `static`, `schedule` "
    "makes it `schedule`, `job: true` makes it `job`, and else it is an `app`.\n"
    "A single line is `run`.\n",
    Section.DATA: "Each says its `kind`; `cache: redis` is enough.\nBackups are not built yet.\n",
    Section.EXTERNAL: "Each says its `kind`.\n",
    Section.AI: "Each says its `kind`.\n",
}
REST = {
    "Ingress": "Every other name in this section is a host, as under [Host](#host).\n",
    "SiteForm": "",
    "SecretForm": "",
    "Monitor": "",
}
DATA_NAMES = {"postgres": Name("db"), "redis": Name("cache"), "s3": Name("files")}


def page() -> str:
    """The whole page."""
    whole = schema(KINDS, Ingress)
    forms = Forms(whole["$defs"])
    for model in (SiteForm, RouteForm, Ports):
        describe(forms.model(model.__name__), model)
    text = INTRO + "\n## The file\n\n" + forms.table(whole)
    for section, words in SECTIONS.items():
        text += f"\n## {section.value}\n\n{whole_words(whole, section.value)}\n{words}"
        text += "".join(_kind(forms, kind) for kind in KINDS if kind.section is section)
    for name, words in REST.items():
        text += _form(forms, name, words)
    text += "".join(_form(forms, name, "") for name in forms.rest())
    return text + _told() + UNKEPT + table(("setting", "what is said"), _unkept())


def whole_words(whole: Schema, section: str) -> str:
    """What a section is for."""
    properties = whole["properties"]
    found = properties.get(section) if isinstance(properties, dict) else None
    return str(found["description"]) if isinstance(found, dict) else ""


def _kind(forms: Forms, kind: type[Component]) -> str:
    written = forms.shown(kind.__name__)
    state = "" if kind.built else "**Not built yet.**\n"
    text = f"\n### {kind.kind}\n\n{written['description']}\n{state}\n"
    return text + forms.table(written, without=("kind", "job"))


def _form(forms: Forms, name: str, words: str) -> str:
    written = forms.shown(name)
    described = f"{written['description']}\n" if "description" in written else ""
    return f"\n## {forms.title(name)}\n\n{described}{words}\n{forms.table(written)}"


def _told() -> str:
    """What programs find in their environment."""
    text = "\n## What a program is told\n\n"
    text += "Every service has `INSTANCE`, `RELEASE_VERSION`, `APP_ENV` and `TZ`.\n"
    text += "One with a port has `HOST` and `PORT`, and the same as `APP_HOST` and `APP_PORT`; "
    text += "a port called `admin` is `ADMIN_PORT`.\n"
    text += "What it uses hands out values, for `ref:NAME.value` and as the variable `NAME_VALUE`; "
    text += "the customary variables are set when only one of its kind is used.\n\n"
    rows = [_handed_out(kind) for kind in KINDS if kind.kind in DATA_NAMES]
    return text + table(("kind", "values", "customary variables"), rows)


def _handed_out(kind: type[Component]) -> Sequence[str]:
    given: dict[str, JsonValue] = {"buckets": {"uploads": {}}} if kind.kind == "s3" else {}
    around = Surroundings(stack=Name("sample"), environment="local", folder="/")
    exports = kind.model_validate(given).expand(DATA_NAMES[kind.kind], around).exports
    values, variables = (map(code, each) for each in (exports.values, exports.variables))
    return kind.kind, ", ".join(values), ", ".join(variables)


def _unkept() -> Iterator[Sequence[str]]:
    """Found out by asking."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "seaway.yaml")
        file.write_text(SAMPLE, encoding="utf-8")
        found = wiring.resolved(wiring.read_stack(wiring.StackOptions(file=file))).findings
    for each in found:
        if each.code in NOT_ACTED_ON:
            said = say(each.code, each.facts, Language.EN).text
            yield code(each.at.path), f"[{each.code}](findings.md#{each.code}): {said}"
