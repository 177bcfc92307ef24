"""Paths of settings as people write them: `services.*.replicas`, `ingress."a.example".tls`."""

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

_QUOTED = re.compile(r'"([^"]*)"(?:\.|$)')
ANY = "*"


@dataclass(frozen=True, slots=True)
class Step:
    """One segment of a path, and what is left behind it."""

    name: str
    rest: str
    quoted: bool = False

    @property
    def any(self) -> bool:
        """Whether it stands for every key."""
        return self.name == ANY and not self.quoted

    @property
    def last(self) -> bool:
        return not self.rest


def first(text: str, keys: Container[str] = ()) -> Step:
    """The first segment: the longest of the keys that fits, since a key may contain dots."""
    if found := _QUOTED.match(text):
        return Step(found[1], text[found.end() :], quoted=True)
    end = len(text)
    while end >= 0:
        if text[:end] in keys:
            return Step(text[:end], text[end + 1 :])
        end = text.rfind(".", 0, end)
    name, _, rest = text.partition(".")
    return Step(name, rest)


def valid(text: str) -> bool:
    """Whether a path has no empty segment and no open quote."""
    rest = text
    while rest:
        step = first(rest)
        dangling = rest.endswith(".") and not step.rest
        if dangling or (not step.quoted and (not step.name or step.name.startswith('"'))):
            return False
        rest = step.rest
    return bool(text)


def steps(text: str) -> Iterator[str]:
    """The segments of a path, split at dots outside quotes."""
    while text:
        step = first(text)
        yield step.name
        text = step.rest


def wildcards(text: str) -> int:
    """How many segments stand for every key."""
    return text.split(".").count(ANY)
