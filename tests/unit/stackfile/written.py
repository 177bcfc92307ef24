"""Stack files written in tests, read and resolved as commands do."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from seaway.components import KINDS
from seaway.components.ingress import routing as real_routing
from seaway.engine.resolve import Resolved, in_order, resolve
from seaway.errors import InvalidStack
from seaway.model.stack import Stack
from seaway.model.workload import Workload
from seaway.stackfile.read import from_tree, read
from seaway.stackfile.text import decoded
from seaway.stackfile.tree import parsed

FILE = "/srv/shop/seaway.yaml"
HEAD = "seaway: 1\nname: shop\n"


def stack_of(text: str | bytes, environment: str = "local", sets: Sequence[str] = ()) -> Stack:
    """The stack of a text; in no folder that there is."""
    content = text if isinstance(text, bytes) else text.encode()
    return from_tree(parsed(decoded(content, FILE)), FILE, environment, sets, KINDS)


def resolved(
    stack: Stack,
    environ: Mapping[str, str] | None = None,
    versions: Mapping[str, int] | None = None,
) -> Resolved:
    return resolve(
        stack,
        KINDS,
        routing=real_routing,
        environ=environ or {},
        secret_versions=versions or {},
    )


def release_of(text: str, **given) -> Resolved:
    """Resolved from a text without a head, which must be right but for missing files."""
    found = resolved(stack_of(HEAD + text), **given)
    assert [each for each in found.findings if each.code != "SW164"] == []
    return found


def workload_of(text: str, name: str, **given) -> Workload:
    found = release_of(text, **given).release.find(name)
    assert found is not None
    return found


def findings_of(text: str | bytes, environment: str = "local", sets: Sequence[str] = ()):
    """Everything that is found, as commands show it."""
    try:
        return resolved(stack_of(text, environment, sets)).findings
    except InvalidStack as stopped:
        return in_order(stopped.findings)


def findings_of_file(path: Path):
    try:
        return resolved(read(path, kinds=KINDS)).findings
    except InvalidStack as stopped:
        return in_order(stopped.findings)


def codes(text: str | bytes, **given) -> list[str]:
    return [each.code for each in findings_of(text, **given)]
