"""Reads a stack file: text to Stack, with everything that is wrong with it at once."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path as FilePath

from pydantic import JsonValue

from seaway.model.finding import Finding, Place
from seaway.model.names import Name
from seaway.model.stack import Declaration, Path, Section, Stack
from seaway.model.validate import validated
from seaway.stackfile import defaults, environments
from seaway.stackfile.files import missing
from seaway.stackfile.form import FileForm
from seaway.stackfile.kinds import Kinds, kind_of, settings_of
from seaway.stackfile.limits import MOST_COMPONENTS
from seaway.stackfile.mentions import mentions
from seaway.stackfile.text import load
from seaway.stackfile.tree import Tree, parsed

LOCAL = "local"
_REFUSED_NAMES = frozenset({"ingress", "seaway"})
"""Names of workloads that Seaway adds, and of itself in the logs."""


def read(
    path: str | FilePath, environment: str = LOCAL, sets: Sequence[str] = (), *, kinds: Kinds
) -> Stack:
    """The stack as that environment wants it. Its findings say what is wrong with it.

    Raises:
        InvalidStack: there is no tree to look at: no file, no text, no YAML.
    """
    file = FilePath(path).absolute()
    tree = parsed(load(file))
    return from_tree(tree, str(file), environment, sets, kinds)


def from_tree(tree: Tree, file: str, environment: str, sets: Sequence[str], kinds: Kinds) -> Stack:
    """The stack of a tree that has been read already; the tree is changed."""
    if tree.value is None:
        at = Place(file=file, line=1, column=1)
        return _stack({}, tree, file, environment, [*tree.findings, Finding(code="SW105", at=at)])
    if not isinstance(tree.value, dict):
        facts = {"what": "seaway.yaml", "found": type(tree.value).__name__}
        found = Finding(code="SW133", at=tree.places[()], facts=facts)
        return _stack({}, tree, file, environment, [*tree.findings, found])
    if (many := _too_many(tree.value, tree)) is not None:
        return _stack({}, tree, file, environment, [*tree.findings, many])
    environments.apply(tree, environment, sets, kinds)
    defaults.merge(tree, kinds)
    stack = _stack(tree.value, tree, file, environment, tree.findings)
    return replace(stack, findings=(*stack.findings, *_faults(tree.value, stack)))


def _too_many(root: dict[str, JsonValue], tree: Tree) -> Finding | None:
    count = 0
    for section in Section:
        count += len(_map(root, section))
        if count > MOST_COMPONENTS:
            return Finding(
                code="SW179", at=tree.keys[section.value,], facts={"limit": MOST_COMPONENTS}
            )
    return None


def _faults(root: dict[str, JsonValue], stack: Stack) -> Iterator[Finding]:
    def locate(path: Path, *, key: bool) -> Place:
        return stack.place(*path, key=key)

    _, findings = validated(FileForm, root, locate)
    yield from findings
    yield from _names(stack)
    yield from mentions(root, stack)
    yield from missing(root, stack)


def _stack(
    root: dict[str, JsonValue], tree: Tree, file: str, environment: str, findings: list[Finding]
) -> Stack:
    name = root.get("name")
    return Stack(
        name=Name(name if isinstance(name, str) else ""),
        file=file,
        environment=environment,
        target=environments.target(root, environment),
        declarations=tuple(_declarations(root)),
        ingress=_map(root, "ingress"),
        secrets=_map(root, "secrets"),
        monitor=_map(root, "monitor"),
        targets=_map(root, "targets"),
        registry=root.get("registry"),
        places=tree.places,
        keys=tree.keys,
        findings=tuple(findings),
    )


def _declarations(root: dict[str, JsonValue]) -> Iterator[Declaration]:
    for section in Section:
        for name, written in _map(root, section).items():
            yield Declaration(
                section=section,
                name=Name(name),
                kind=kind_of(section, written),
                settings=settings_of(section, written),
            )


def _names(stack: Stack) -> Iterator[Finding]:
    """Names must be free, and unique across the sections."""
    first: dict[Name, Section] = {}
    for each in stack.declarations:
        at = stack.place(each.section, each.name, key=True)
        if each.name in _REFUSED_NAMES:
            yield Finding(code="SW185", at=at, facts={"name": each.name})
        if each.name in first:
            line = stack.place(first[each.name], each.name, key=True).line
            facts = {"name": each.name, "section": first[each.name].value, "line": line}
            yield Finding(code="SW181", at=at, facts=facts)
        first.setdefault(each.name, each.section)


def _map(root: dict[str, JsonValue], section: str) -> dict[str, JsonValue]:
    found = root.get(section)
    return found if isinstance(found, dict) else {}
