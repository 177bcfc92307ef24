"""From YAML events to plain values with the place of each: iterative, and bounded in every way."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml
from pydantic import JsonValue

from seaway.errors import InvalidStack
from seaway.model.finding import Finding, Place
from seaway.model.stack import Path
from seaway.stackfile.limits import DEEPEST, LONGEST_KEY, MOST_VALUES
from seaway.stackfile.scalars import Unusable, resolved
from seaway.stackfile.syntax import syntax_finding
from seaway.stackfile.text import Source

Container = dict[str, JsonValue] | list[JsonValue]
# The C parser is about 20 times faster; both give the same events.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class Tree:
    """What was written, and where."""

    value: JsonValue = None
    places: dict[Path, Place] = field(default_factory=dict[Path, Place])
    keys: dict[Path, Place] = field(default_factory=dict[Path, Place])
    findings: list[Finding] = field(default_factory=list[Finding])


def parsed(source: Source) -> Tree:
    """The tree of one document. What does not stop the reading is among its findings.

    Raises:
        InvalidStack: the text cannot be read on.
    """
    builder = _Builder(source)
    try:
        for event in yaml.parse(source.text, Loader=_LOADER):
            builder.take(event)
    except yaml.YAMLError as error:
        stopped = syntax_finding(source, error)
        raise InvalidStack([*builder.tree.findings, stopped]) from None
    return builder.finished()


@dataclass(slots=True)
class _Open:
    """A map or list that is being read."""

    value: Container
    path: Path
    anchor: str | None
    key: str | None = None
    """Of a map: the key whose value comes next."""


class _Builder:
    """Takes events one by one; its tree is complete after the last."""

    def __init__(self, source: Source) -> None:
        self.tree = Tree()
        self._source = source
        self._open: list[_Open] = []
        self._anchors: dict[str, tuple[JsonValue, Path] | None] = {}
        self._count = 0
        self._documents = 0
        self._merging: list[dict[str, JsonValue]] = []

    def take(self, event: yaml.Event) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise self._stop("SW114", event)
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._start(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                done = self._open.pop()
                if done.anchor:
                    self._anchors[done.anchor] = (done.value, done.path)
            case yaml.AliasEvent():
                self._alias(event)
            case _:
                pass

    def finished(self) -> Tree:
        """The tree, without the merge keys that were refused."""
        for inside in self._merging:
            inside.pop("<<", None)
        return self.tree

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._refuse_tag(event)
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self._key(event, top, top.value)
            return
        value = self._value(event)
        path = self._attach(value, event)
        if event.anchor:
            self._anchors[event.anchor] = (value, path)

    def _key(self, event: yaml.ScalarEvent, top: _Open, inside: dict[str, JsonValue]) -> None:
        self._counted(event)
        key = event.value
        path = (*top.path, key)
        if len(key) > LONGEST_KEY:
            raise self._stop("SW124", event, limit=LONGEST_KEY)
        if key == "<<" and event.implicit[0]:
            self._tell("SW117", event)
            self._merging.append(inside)
        elif not isinstance(self._value(event), str):
            self._tell("SW116", event, key=key)
        if key in inside:
            self._tell("SW115", event, key=key, first=self.tree.keys[path].line)
        self.tree.keys[path] = self._place(event)
        top.key = key

    def _start(self, event: yaml.MappingStartEvent | yaml.SequenceStartEvent) -> None:
        self._refuse_tag(event)
        if len(self._open) >= DEEPEST:
            raise self._stop("SW121", event, limit=DEEPEST)
        empty: Container = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._attach(empty, event)
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(_Open(empty, path, event.anchor))

    def _alias(self, event: yaml.AliasEvent) -> None:
        name = event.anchor
        if name not in self._anchors:
            raise self._stop("SW119", event, name=name)
        known = self._anchors[name]
        if known is None:
            raise self._stop("SW120", event, name=name)
        value, origin = known
        if isinstance(value, dict | list):
            self._copy(value, origin, event)
        else:
            self._attach(value, event)

    def _copy(self, value: Container, origin: Path, event: yaml.AliasEvent) -> None:
        """A copy of its own for each alias: overriding one must not change the other."""
        fresh: Container = {} if isinstance(value, dict) else []
        waiting = [(value, fresh, origin, self._attach(fresh, event))]
        here = self._place(event)
        while waiting:
            old, new, old_path, new_path = waiting.pop()
            if len(new_path) >= DEEPEST:
                raise self._stop("SW121", event, limit=DEEPEST)
            for step, item in _items(old):
                self._counted(event)
                copy = _empty_like(item)
                _put(new, step, copy)
                self._place_as((*old_path, step), (*new_path, step), here)
                if isinstance(item, dict | list) and isinstance(copy, dict | list):
                    waiting.append((item, copy, (*old_path, step), (*new_path, step)))

    def _place_as(self, old: Path, new: Path, otherwise: Place) -> None:
        self.tree.places[new] = self.tree.places.get(old, otherwise)
        if old in self.tree.keys:
            self.tree.keys[new] = self.tree.keys[old]

    def _attach(self, value: JsonValue, event: yaml.NodeEvent) -> Path:
        """Put a value where it belongs and remember its place."""
        self._counted(event)
        if not self._open:
            self.tree.value = value
            self.tree.places[()] = self._place(event)
            return ()
        top = self._open[-1]
        if isinstance(top.value, list):
            path: Path = (*top.path, len(top.value))
            top.value.append(value)
        else:
            if top.key is None:
                raise self._stop("SW116", event, key="[ ]")
            path = (*top.path, top.key)
            top.value[top.key] = value
            top.key = None
        self.tree.places[path] = self._place(event)
        return path

    def _value(self, event: yaml.ScalarEvent) -> JsonValue:
        if not event.implicit[0]:
            return event.value
        try:
            return resolved(event.value)
        except Unusable:
            self._tell("SW123", event, number=event.value[:40])
            return 0

    def _refuse_tag(self, event: yaml.NodeEvent) -> None:
        if tag := getattr(event, "tag", None):
            self._tell("SW118", event, tag=str(tag)[:80])

    def _counted(self, event: yaml.Event) -> None:
        self._count += 1
        if self._count > MOST_VALUES:
            raise self._stop("SW122", event, limit=MOST_VALUES)

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return self._source.place(mark.index if mark is not None else 0)

    def _tell(self, code: str, event: yaml.Event, **facts: object) -> None:
        self.tree.findings.append(Finding(code=code, at=self._place(event), facts=facts))

    def _stop(self, code: str, event: yaml.Event, **facts: object) -> InvalidStack:
        self._tell(code, event, **facts)
        return InvalidStack(self.tree.findings)


def _items(value: Container) -> Iterator[tuple[str | int, JsonValue]]:
    yield from value.items() if isinstance(value, dict) else enumerate(value)


def _put(into: Container, step: str | int, value: JsonValue) -> None:
    if isinstance(into, list):
        into.append(value)
    elif isinstance(step, str):
        into[step] = value


def _empty_like(item: JsonValue) -> JsonValue:
    if isinstance(item, dict):
        return {}
    return [] if isinstance(item, list) else item
