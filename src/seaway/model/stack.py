"""Stack: what was written, section by section, not yet understood."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from pydantic import JsonValue

from seaway.model.finding import Finding, Place
from seaway.model.names import Name

Path = tuple[str | int, ...]
"""A place in the tree of settings: `("services", "api", "port")`."""


class Section(StrEnum):
    """The four sections that declare components."""

    SERVICES = "services"
    AI = "ai"
    DATA = "data"
    EXTERNAL = "external"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """One component as written: its kind and its settings."""

    section: Section
    name: Name
    kind: str
    settings: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """What was written, with its environment applied. Names are unique across sections."""

    name: Name
    file: str
    """The stack file, absolute."""
    environment: str = "local"
    target: str = "local"
    declarations: tuple[Declaration, ...] = ()
    ingress: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    secrets: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    monitor: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    targets: Mapping[str, JsonValue] = field(default_factory=dict[str, JsonValue])
    registry: JsonValue = None
    """As written: an address, or a map."""
    places: Mapping[Path, Place] = field(default_factory=dict[Path, Place])
    """Of values; `path` is filled in by `place`."""
    keys: Mapping[Path, Place] = field(default_factory=dict[Path, Place])
    """Of the keys before them."""
    findings: tuple[Finding, ...] = ()
    """What reading found wrong; `resolve` reports it with what it finds itself."""

    def place(self, *path: str | int, key: bool = False) -> Place:
        """Where a setting, or its key, was written, or the nearest thing around it."""
        for length in range(len(path), 0, -1):
            found = (self.keys.get(path[:length]) if key else None) or self.places.get(
                path[:length]
            )
            if found:
                return replace(found, path=shown_path(path))
        return Place(file=self.file, line=1, column=1, path=shown_path(path))

    @property
    def folder(self) -> str:
        """The folder that relative paths start from."""
        return self.file.rpartition("/")[0] or "/"


def shown_path(path: Path) -> str:
    """A path as people write it: keys that contain a dot are quoted."""
    return ".".join(f'"{step}"' if "." in str(step) else str(step) for step in path)
