"""From components to workloads: what each becomes, with what those it uses hand out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pydantic import JsonValue

from seaway.model.backup import Saving
from seaway.model.finding import Finding
from seaway.model.names import Name
from seaway.model.route import Upstream
from seaway.model.stack import Path, Stack
from seaway.model.workload import Workload
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings

_OF_KEYS = frozenset({"SW125", "SW126", "SW401", "SW402", "SW403"})
"""Findings about the name of a setting rather than its value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expanded:
    """Everything that the components become together, in start order."""

    workloads: tuple[Workload, ...]
    upstreams: tuple[Upstream, ...]
    secrets: tuple[SecretNeed, ...]
    savings: tuple[Saving, ...]
    findings: tuple[Finding, ...]


def expand(
    stack: Stack,
    components: Mapping[Name, Component],
    order: Sequence[Name],
    environ: Mapping[str, str],
) -> Expanded:
    """Expand in that order, so that exports are there before they are used."""
    exports: dict[Name, Exports] = {}
    done: dict[Name, Expansion] = {}
    for name in order:
        component = components[name]
        around = Surroundings(
            stack=stack.name,
            environment=stack.environment,
            folder=stack.folder,
            exports={used: exports[used] for used in component.used if used in exports},
            env=environ,
        )
        done[name] = component.expand(name, around)
        exports[name] = done[name].exports
    return Expanded(
        workloads=tuple(each for expansion in done.values() for each in expansion.workloads),
        upstreams=tuple(each for expansion in done.values() for each in expansion.upstreams),
        secrets=tuple(each for expansion in done.values() for each in expansion.secrets),
        savings=tuple(each.saving for each in done.values() if each.saving),
        findings=(*_findings(stack, done), *_taken(stack, done)),
    )


def placed(stack: Stack, finding: Finding, start: Path, settings: JsonValue) -> Finding:
    """A finding whose path started at some settings, with its place in the file."""
    path = (*start, *written_path(settings, finding.at.path))
    key = finding.code in _OF_KEYS
    return replace(finding, at=stack.place(*path, key=key))


def written_path(settings: JsonValue, text: str) -> Path:
    """The steps of a dotted path; keys with dots in them are found where they were written."""
    path: list[str | int] = []
    value = settings
    while text:
        end = len(text)
        while end > 0 and not (isinstance(value, dict) and text[:end] in value):
            end = text.rfind(".", 0, end)
        step, text = (text[:end], text[end + 1 :]) if end > 0 else _plain(text)
        if isinstance(value, list) and step.isdigit():
            path.append(int(step))
            value = value[int(step)] if int(step) < len(value) else None
        else:
            path.append(step)
            value = value.get(step) if isinstance(value, dict) else None
    return tuple(path)


def _plain(text: str) -> tuple[str, str]:
    step, _, rest = text.partition(".")
    return step, rest


def _findings(stack: Stack, done: Mapping[Name, Expansion]) -> Iterator[Finding]:
    for each in stack.declarations:
        for finding in done[each.name].findings if each.name in done else ():
            yield placed(stack, finding, (each.section.value, each.name), dict(each.settings))


def _taken(stack: Stack, done: Mapping[Name, Expansion]) -> Iterator[Finding]:
    """A component may add workloads beside the one of its name; another may have that name."""
    owners: dict[Name, Name] = {}
    for name, expansion in done.items():
        for workload in expansion.workloads:
            owner = owners.setdefault(workload.name, name)
            if owner != name:
                section = next(each.section for each in stack.declarations if each.name == name)
                at = stack.place(section.value, name, key=True)
                facts = {"workload": workload.name, "name": owner}
                yield Finding(code="SW188", at=at, facts=facts)
