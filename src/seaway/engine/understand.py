"""From declarations to components: each kind reads its own settings."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seaway.model.fields import names_of
from seaway.model.finding import Finding, Place
from seaway.model.names import Name
from seaway.model.near import choice
from seaway.model.stack import Declaration, Path, Section, Stack
from seaway.model.validate import validated
from seaway.ports.component import Component

Kinds = Sequence[type[Component]]
_REPLICAS = "replicas"


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """The components whose settings are right, by name, and what is wrong with the others."""

    components: Mapping[Name, Component]
    findings: tuple[Finding, ...]


def understand(stack: Stack, kinds: Kinds) -> Understood:
    """Read the settings of every declaration."""
    components: dict[Name, Component] = {}
    findings: list[Finding] = []
    for each in stack.declarations:
        kind = _kind(each, kinds)
        if kind is None:
            findings.append(_no_kind(each, stack, kinds))
            continue
        component, faults = _read(each, kind, stack)
        findings += faults
        if not kind.built:
            at = stack.place(each.section, each.name, "kind")
            facts = {"kind": each.kind, "name": each.name}
            findings.append(Finding(code="SW150", at=at, facts=facts))
        elif component is not None:
            components.setdefault(each.name, component)
    return Understood(components=components, findings=tuple(findings))


def _kind(declaration: Declaration, kinds: Kinds) -> type[Component] | None:
    return next(
        (
            each
            for each in kinds
            if each.kind == declaration.kind and each.section is declaration.section
        ),
        None,
    )


def _no_kind(declaration: Declaration, stack: Stack, kinds: Kinds) -> Finding:
    section = declaration.section
    at = stack.place(section, declaration.name, "kind")
    known = [each.kind for each in kinds if each.section is section]
    elsewhere = [each for each in kinds if each.kind == declaration.kind]
    if not declaration.kind:
        at = stack.place(section, declaration.name, key=True)
        facts = {"name": declaration.name, "known": ", ".join(sorted(known))}
        code = "SW178" if section is Section.SERVICES else "SW183"
        return Finding(code=code, at=at, facts=facts)
    if elsewhere:
        facts = {"kind": declaration.kind, "section": elsewhere[0].section.value}
        return Finding(code="SW184", at=at, facts=facts)
    return Finding(code="SW182", at=at, facts=choice(declaration.kind, known))


def _read(
    declaration: Declaration, kind: type[Component], stack: Stack
) -> tuple[Component | None, Iterator[Finding]]:
    start = (declaration.section.value, declaration.name)

    def locate(path: Path, *, key: bool) -> Place:
        return stack.place(*start, *path, key=key)

    component, findings = validated(kind, declaration.settings, locate)
    return component, _sharper(findings, declaration, kind, stack)


def _sharper(
    findings: Sequence[Finding], declaration: Declaration, kind: type[Component], stack: Stack
) -> Iterator[Finding]:
    """A store with replicas is no slip of the pen: say why it has none."""
    unknown = _REPLICAS not in names_of(kind)
    for each in findings:
        copies = each.facts.get("name") == _REPLICAS and each.code == "SW125"
        if copies and unknown and declaration.section is Section.DATA:
            at = stack.place(declaration.section, declaration.name, _REPLICAS, key=True)
            yield Finding(code="SW165", at=at, facts={"name": declaration.name})
        else:
            yield each
