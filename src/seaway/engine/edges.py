"""Who uses whom: names that nobody has, circles, and the order in which things start."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from pydantic import JsonValue

from seaway.model.finding import Finding, Place
from seaway.model.names import Name, valid_name
from seaway.model.near import choice
from seaway.model.stack import Declaration, Path, Stack
from seaway.ports.component import Component

_MOST_FINDINGS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Edges:
    """Components in the order in which they can be expanded; those in a circle are left out."""

    order: tuple[Name, ...]
    findings: tuple[Finding, ...]


def edges(stack: Stack, components: Mapping[Name, Component]) -> Edges:
    """What is used comes first, names break ties."""
    findings = list(islice(_unknown(stack, components), _MOST_FINDINGS))
    declared = {each.name: each for each in stack.declarations}
    uses = {
        name: frozenset(used for used in component.used if used in components)
        for name, component in components.items()
    }
    order = ordered(uses)
    circling = {name: uses[name] for name in uses.keys() - set(order)}
    for circle in circles(circling):
        at = _mention(stack, declared[circle[0]], circle[1])
        findings.append(Finding(code="SW153", at=at, facts={"circle": " -> ".join(circle)}))
    return Edges(order=order, findings=tuple(findings))


def _unknown(stack: Stack, components: Mapping[Name, Component]) -> Iterator[Finding]:
    """Names that nobody has; also where the component has other faults."""
    declared = {each.name for each in stack.declarations}
    for each in stack.declarations:
        component = components.get(each.name)
        uses = component.used if component else _written_uses(each.settings.get("uses"))
        for used in dict.fromkeys(uses):
            if used not in declared:
                at = _mention(stack, each, used)
                yield Finding(code="SW152", at=at, facts=choice(used, declared - {each.name}))


def _written_uses(written: JsonValue) -> tuple[str, ...]:
    names = written if isinstance(written, list) else [written]
    return tuple(name for name in names if isinstance(name, str) and valid_name(name))


def ordered(uses: Mapping[Name, frozenset[Name]]) -> tuple[Name, ...]:
    """Names so that what is used comes first, by alphabet otherwise; circles are left out."""
    missing = {name: len(used) for name, used in uses.items()}
    users: dict[Name, list[Name]] = {name: [] for name in uses}
    for name, used in uses.items():
        for each in used:
            users[each].append(name)
    ready = sorted(name for name, count in missing.items() if not count)
    order: list[Name] = []
    while ready:
        order.append(heapq.heappop(ready))
        for user in users[order[-1]]:
            missing[user] -= 1
            if not missing[user]:
                heapq.heappush(ready, user)
    return tuple(order)


def circles(uses: Mapping[Name, frozenset[Name]]) -> Iterator[tuple[Name, ...]]:
    """Circles, each once and from its first name by alphabet: `a, b, a`. They share no name."""
    left = {name: {each for each in used if each in uses} for name, used in uses.items()}
    while left:
        trail = [min(left)]
        while left[trail[-1]] and (following := min(left[trail[-1]])) not in trail:
            trail.append(following)
        used = left[trail[-1]]
        gone = trail[trail.index(min(used)) :] if used else [trail[-1]]
        if used:
            start = gone.index(min(gone))
            yield (*gone[start:], *gone[:start], gone[start])
        for name in gone:
            del left[name]
        for rest in left.values():
            rest.difference_update(gone)


def _mention(stack: Stack, declaration: Declaration, used: str) -> Place:
    """Where a component names another: `db`, or `db/table`."""
    start = (declaration.section.value, declaration.name)
    waiting: list[tuple[Path, JsonValue]] = [((), dict(declaration.settings))]
    while waiting:
        path, value = waiting.pop(0)
        if isinstance(value, dict):
            waiting += [((*path, key), inner) for key, inner in value.items()]
        elif isinstance(value, list):
            waiting += [((*path, index), inner) for index, inner in enumerate(value)]
        elif isinstance(value, str) and value.partition("/")[0] == used:
            return stack.place(*start, *path)
    return stack.place(*start, key=True)
