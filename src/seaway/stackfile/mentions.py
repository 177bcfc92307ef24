"""What is mentioned anywhere in the file: templates, which are refused, and secrets."""

import re
from collections.abc import Iterator

from pydantic import JsonValue

from seaway.model.finding import Finding, Severity
from seaway.model.near import choice
from seaway.model.settings.reference import TEMPLATE, SecretReference, reference
from seaway.model.stack import Path, Stack
from seaway.stackfile.limits import MOST_FINDINGS
from seaway.stackfile.overlay import walk

_SECRET = re.compile(r"[A-Z][A-Z0-9_]{0,62}")


def mentions(root: dict[str, JsonValue], stack: Stack) -> Iterator[Finding]:
    """Templates, secrets that nobody declared, and secrets that nobody uses."""
    used: set[str] = set()
    told = 0
    for path, value in walk(root):
        if isinstance(value, str) and TEMPLATE in value and "build" not in path:
            told += 1
            yield Finding(code="SW138", at=stack.place(*path))
        for name in _secrets(path, value):
            used.add(name)
            if name not in stack.secrets and path[0] != "environments":
                told += 1
                facts = choice(name, stack.secrets)
                yield Finding(code="SW158", at=stack.place(*path), facts=facts)
        if told > MOST_FINDINGS:
            return
    yield from _unused(stack, used)


def _unused(stack: Stack, used: set[str]) -> Iterator[Finding]:
    for name in stack.secrets:
        if name not in used and _SECRET.fullmatch(name):
            at = stack.place("secrets", name, key=True)
            facts = {"name": name}
            yield Finding(code="SW159", at=at, severity=Severity.WARNING, facts=facts)


def _secrets(path: Path, value: JsonValue) -> Iterator[str]:
    """The secrets that a value names: by reference, or in a list of a service's secrets."""
    listed = _in_secrets(path)
    if isinstance(value, str):
        if isinstance(found := reference(value), SecretReference):
            yield found.name
        elif listed and isinstance(path[-1], int) and _SECRET.fullmatch(value):
            yield value
    elif listed and isinstance(value, dict):
        yield from (name for name in value if _SECRET.fullmatch(name))


def _in_secrets(path: Path) -> bool:
    holders = [str(step) for step in path[:4]]
    if holders[:1] == ["services"]:
        return holders[2:3] == ["secrets"]
    return (
        holders[:1] == ["environments"] and holders[2:3] != [] and holders[2].endswith(".secrets")
    )
