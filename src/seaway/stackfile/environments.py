"""Which overrides an environment and `--set` make, and which target it runs on."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from pydantic import JsonValue

from seaway.errors import InvalidStack
from seaway.model.finding import Finding, Place
from seaway.model.near import choice
from seaway.model.stack import Path, Section
from seaway.stackfile.form import TARGETS
from seaway.stackfile.kinds import Kinds, knows
from seaway.stackfile.limits import MOST_ENVIRONMENTS
from seaway.stackfile.overlay import Change, Overlay, walk
from seaway.stackfile.text import Source, checked
from seaway.stackfile.tree import Tree, parsed

LOCAL = "local"
TARGET = "target"
SET = "--set"


def apply(tree: Tree, environment: str, sets: Sequence[str], kinds: Kinds) -> None:
    """Make the changes of one environment, then those of `--set`; only check the others."""

    def accepts(section: str, written: JsonValue, setting: str) -> bool:
        return knows(kinds, Section(section), written, setting)

    overlay = Overlay(tree, accepts)
    names = [name for name, _ in _environments(tree.value)]
    for name in names[:MOST_ENVIRONMENTS]:
        if name != environment:
            overlay.check(_changes(tree, name))
    if environment not in names and environment != LOCAL:
        at = tree.keys.get(("environments",)) or tree.places[()]
        facts = choice(environment, [*names, LOCAL])
        tree.findings.append(Finding(code="SW170", at=at, facts=facts))
    overlay.apply(list(_changes(tree, environment)))
    overlay.apply(_set_changes(tree, sets))
    _check_targets(tree)


def target(root: dict[str, JsonValue], environment: str) -> str:
    """The target as written: a platform's name, and what it needs to be reached."""
    for name, settings in _environments(root):
        if name == environment and isinstance(found := settings.get(TARGET), str):
            return found
    return LOCAL


def _environments(root: JsonValue) -> Iterator[tuple[str, dict[str, JsonValue]]]:
    found = root.get("environments") if isinstance(root, dict) else None
    for name, settings in found.items() if isinstance(found, dict) else ():
        yield name, settings if isinstance(settings, dict) else {}


def _changes(tree: Tree, environment: str) -> Iterator[Change]:
    for name, settings in _environments(tree.value):
        for path, value in settings.items() if name == environment else ():
            if path != TARGET:
                yield _change(tree, ("environments", name, path), value)


def _change(tree: Tree, source: Path, value: JsonValue) -> Change:
    origin = f"environment {source[1]}"
    key = tree.keys[source]
    inner = [path for path, _ in walk(value)]
    return Change(
        path=str(source[2]),
        value=value,
        at=Place(file=key.file, line=key.line, column=key.column, origin=origin),
        places={
            path: tree.places[*source, *path] for path in inner if (*source, *path) in tree.places
        },
        keys={
            path: tree.keys[*source, *path]
            for path in inner
            if path and (*source, *path) in tree.keys
        },
    )


def _set_changes(tree: Tree, sets: Sequence[str]) -> Iterator[Change]:
    for each in sets:
        path, equals, text = each.partition("=")
        at = Place(file=SET, line=1, column=1, origin=SET)
        if not equals:
            tree.findings.append(Finding(code="SW174", at=at, facts={"found": each[:80]}))
            continue
        # As long as the path before it, so that columns count in what was typed.
        source = Source(" " * (len(path) + 1) + text, SET, SET)
        try:
            inner = parsed(checked(source))
        except InvalidStack as error:
            tree.findings.extend(each for each in error.findings if isinstance(each, Finding))
            continue
        tree.findings.extend(inner.findings)
        yield Change(path=path, value=inner.value, at=at, places=inner.places, keys=inner.keys)


def _check_targets(tree: Tree) -> None:
    for name, settings in _environments(tree.value):
        written = settings.get(TARGET, LOCAL)
        first = written.split(" ")[0] if isinstance(written, str) else str(written)
        if first not in TARGETS:
            at = tree.places.get(("environments", name, TARGET)) or tree.places[()]
            at = replace(at, path=f"environments.{name}.{TARGET}")
            tree.findings.append(Finding(code="SW176", at=at, facts=choice(first, TARGETS)))
