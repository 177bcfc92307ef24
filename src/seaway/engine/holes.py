"""What is put into the holes of a release before it is recorded: versions, never values."""

from collections.abc import Mapping
from dataclasses import replace

from seaway.model.names import Name
from seaway.model.text import Hole, Host, Port, Secret, SecretFile, Text
from seaway.model.workload import Workload


def with_versions(workload: Workload, versions: Mapping[str, int]) -> Workload:
    """The same, asking for the newest version of each secret: a new one is a new digest."""
    env = {name: Text(tuple(_versioned(part, versions) for part in text.parts))
           for name, text in workload.env.items()}  # fmt: skip
    return replace(workload, env=env)


def without(workload: Workload, unset: frozenset[str]) -> Workload:
    """The same, without the variables of secrets that nobody has given and that may be absent."""
    env = {name: text for name, text in workload.env.items() if not secrets_of(text) & unset}
    return replace(workload, env=env)


def secrets_of(text: Text) -> frozenset[str]:
    """The names of the secrets in a text."""
    return frozenset(
        hole.name for hole in text.holes if isinstance(hole, Secret | SecretFile)
    )  # fmt: skip


def reached(workload: Workload) -> frozenset[Name]:
    """The workloads whose address it is given."""
    holes = [hole for text in workload.env.values() for hole in text.holes]
    return frozenset(hole.workload for hole in holes if isinstance(hole, Host | Port))


def _versioned(part: str | Hole, versions: Mapping[str, int]) -> str | Hole:
    if isinstance(part, Secret | SecretFile):
        return replace(part, version=versions.get(part.name, 0))
    return part
