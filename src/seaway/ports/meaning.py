"""Meaning: what a reference written in a component's setting stands for."""

from seaway.model.finding import Finding, Place
from seaway.model.names import Name
from seaway.model.near import choice
from seaway.model.settings.reference import (
    BrokenReference,
    EnvReference,
    ExportReference,
    SecretReference,
    reference,
)
from seaway.model.text import Secret, Text
from seaway.ports.component import Surroundings


def meant(value: str, path: str, around: Surroundings, findings: list[Finding]) -> Text:
    """`env:NAME`, `secret:NAME` or `ref:db.url`; what is wrong with it is added to the findings."""
    at = Place(path=path)
    match reference(value):
        case EnvReference(name):
            if name not in around.env:
                findings.append(Finding(code="SW157", at=at, facts={"name": name}))
            return Text.of(around.env.get(name, ""))
        case SecretReference(name):
            return Text.of(Secret(name=name))
        case ExportReference(component, key):
            return _exported(component, key, at, around, findings)
        case BrokenReference() | None:
            findings.append(Finding(code="SW367", at=at))
            return Text()


def _exported(
    component: str, key: str, at: Place, around: Surroundings, findings: list[Finding]
) -> Text:
    given = around.exports.get(Name(component))
    if given is None:
        facts: dict[str, object] = {"name": component, "key": key}
        findings.append(Finding(code="SW155", at=at, facts=facts))
        return Text()
    if key not in given.values:
        known = {"component": component, **choice(key, given.values)}
        findings.append(Finding(code="SW156", at=at, facts=known))
    return given.values.get(key, Text())
