"""Overrides by checked path: what an environment or `--set` changes in what was written."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from pydantic import JsonValue

from seaway.model.finding import Finding, Place
from seaway.model.near import choice
from seaway.model.stack import Path, Section
from seaway.stackfile.limits import MOST_FINDINGS, MOST_TOUCHED
from seaway.stackfile.paths import Step, first, valid, wildcards
from seaway.stackfile.tree import Tree

FREE = frozenset({"defaults", "monitor", "registry", "targets"})
"""Settings of the stack as a whole: an environment may give what the file does not."""
SECTIONS = (*Section, "ingress", "secrets", *sorted(FREE))
"""What an environment may change."""
_NAMED = 2
"""Section and name. Both must exist: a slip there would change nothing, silently."""

Accepts = Callable[[str, JsonValue, str], bool]
"""Whether a component, by its section and what is written of it, knows a setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One override: the path as written, the new value, and where both stand."""

    path: str
    value: JsonValue
    """None removes."""
    at: Place
    """Of the path; its origin says who overrides."""
    places: Mapping[Path, Place] = field(default_factory=dict[Path, Place])
    """Of everything in the value; the empty path is the value itself."""
    keys: Mapping[Path, Place] = field(default_factory=dict[Path, Place])


def walk(value: JsonValue) -> Iterator[tuple[Path, JsonValue]]:
    """Everything in a value with its path, the value itself first."""
    waiting: list[tuple[Path, JsonValue]] = [((), value)]
    while waiting:
        path, item = waiting.pop()
        yield path, item
        if isinstance(item, dict):
            waiting.extend(((*path, key), inner) for key, inner in item.items())
        elif isinstance(item, list):
            waiting.extend(((*path, index), inner) for index, inner in enumerate(item))


def _order(change: Change) -> tuple[int, int]:
    """What is said of one component wins over what is said of all, the part over the whole."""
    return -wildcards(change.path), change.path.count(".")


class Overlay:
    """Makes changes to a tree. What matches nothing is among the tree's findings."""

    def __init__(self, tree: Tree, accepts: Accepts) -> None:
        self._tree = tree
        self._accepts = accepts
        self._left = MOST_TOUCHED

    def apply(self, changes: Iterable[Change]) -> None:
        """Make the changes, those with wildcards first."""
        for change in sorted(changes, key=_order):
            if self._exhausted(change):
                return
            self._make(change)

    def check(self, changes: Iterable[Change]) -> None:
        """Change nothing; only tell what would match nothing."""
        for change in sorted(changes, key=_order):
            if self._exhausted(change):
                return
            self._meant(change)

    def _exhausted(self, change: Change) -> bool:
        if self._left < 0:
            self._tell("SW122", change, limit=MOST_TOUCHED)
            self._left = MOST_TOUCHED
            return True
        return len(self._tree.findings) > MOST_FINDINGS

    def _make(self, change: Change) -> None:
        root = self._tree.value
        for path in self._meant(change):
            if isinstance(root, dict):
                self._put(root, path, change)

    def _meant(self, change: Change) -> list[Path]:
        """The full path of every setting that is meant; that there is none is a finding."""
        known = len(self._tree.findings)
        root = self._tree.value
        if not valid(change.path):
            self._tell("SW173", change)
            return []
        paths = self._found(root, change) if isinstance(root, dict) else []
        if not paths and len(self._tree.findings) == known:
            self._tell("SW175", change)
        return paths

    def _found(self, root: dict[str, JsonValue], change: Change) -> list[Path]:
        found: list[Path] = []
        waiting: list[tuple[Path, JsonValue, str]] = [((), root, change.path)]
        while waiting:
            path, value, rest = waiting.pop()
            if not isinstance(value, dict):
                self._tell("SW172", change, name=str(path[-1]))
                continue
            step = first(rest, value)
            for here in self._steps(path, value, step, change):
                if step.last:
                    found.append(here)
                else:
                    inner = value.get(str(here[-1]))
                    waiting.append((here, {} if inner is None else inner, step.rest))
        return found

    def _steps(
        self, path: Path, value: dict[str, JsonValue], step: Step, change: Change
    ) -> Iterator[Path]:
        for name in list(value) if step.any else [step.name]:
            self._left -= 1
            here: Path = (*path, name)
            known = value if path else [each for each in SECTIONS if each in value]
            if name not in known and not _may_be_new(here, step, change):
                self._tell("SW171", change, **choice(name, known))
            elif self._passes(here, value.get(name), step):
                yield here

    def _passes(self, here: Path, written: JsonValue, step: Step) -> bool:
        """A wildcard passes over components that do not know the setting behind it."""
        if not step.any or len(here) != _NAMED or step.last or here[0] not in set(Section):
            return True
        return self._accepts(str(here[0]), written, first(step.rest).name)

    def _put(self, root: dict[str, JsonValue], path: Path, change: Change) -> None:
        if len(path) < _NAMED or path[0] not in SECTIONS:
            self._tell("SW177", change, name=str(path[0]), known=", ".join(SECTIONS))
            return
        self._left -= len(change.places)
        if self._left < 0:
            return
        holder = _holder(root, path)
        self._forget(path, holder.pop(str(path[-1]), None))
        if change.value is not None:
            holder[str(path[-1])] = copied(change.value)
            self._remember(path, change)

    def _forget(self, path: Path, old: JsonValue) -> None:
        for inner, _ in walk(old):
            self._tree.places.pop((*path, *inner), None)
            self._tree.keys.pop((*path, *inner), None)

    def _remember(self, path: Path, change: Change) -> None:
        origin = change.at.origin
        for inner, place in change.places.items():
            self._tree.places[*path, *inner] = replace(place, origin=origin)
        for inner, place in change.keys.items():
            self._tree.keys[*path, *inner] = replace(place, origin=origin)
        self._tree.keys[path] = change.at

    def _tell(self, code: str, change: Change, **facts: object) -> None:
        at = replace(change.at, path=change.path)
        facts = {"path": change.path, **facts}
        self._tree.findings.append(Finding(code=code, at=at, facts=facts))


def _may_be_new(here: Path, step: Step, change: Change) -> bool:
    """Settings inside of what exists, settings of the whole stack, and a whole new host."""
    if change.value is None or step.any:
        return False
    if len(here) > _NAMED or here[0] in FREE:
        return True
    whole = step.last and isinstance(change.value, dict)
    return len(here) == _NAMED and here[0] == "ingress" and whole


def _holder(root: dict[str, JsonValue], path: Path) -> dict[str, JsonValue]:
    """The map that holds the last step; maps in between are made."""
    holder = root
    for step in path[:-1]:
        inner = holder.get(str(step))
        if not isinstance(inner, dict):
            inner = holder[str(step)] = {}
        holder = inner
    return holder


def copied(value: JsonValue) -> JsonValue:
    """One of its own for each component that a wildcard reaches."""
    if isinstance(value, dict):
        return {key: copied(inner) for key, inner in value.items()}
    return [copied(inner) for inner in value] if isinstance(value, list) else value
