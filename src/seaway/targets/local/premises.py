"""Premises: the one stack on this machine that a target looks after, and what it may use."""

import importlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from seaway.errors import PartMissing
from seaway.model.names import Name
from seaway.model.workload import Server
from seaway.ports.clock import Clock
from seaway.ports.vault import Vault
from seaway.targets.local.part import Found, Part
from seaway.targets.local.parts import PARTS
from seaway.targets.local.state import StateFolder


class Shelf:
    """The parts: loaded when first named, looked for once."""

    def __init__(self) -> None:
        self._parts: dict[str, Part] = {}
        self._found: dict[tuple[str, str], Found] = {}

    def part(self, name: str) -> Part:
        """The part of that name.

        Raises:
            PartMissing: this target has no such part, or what the part needs is not installed.
        """
        if name not in self._parts:
            if name not in PARTS:
                raise PartMissing("SW252", part=name, known=", ".join(sorted(PARTS)))
            module, _, attribute = PARTS[name].partition(":")
            self._parts[name] = _load(module, attribute, name)
        return self._parts[name]

    def found(self, server: Server) -> Found:
        """The installed server, from where the stack wants it.

        Raises:
            PartMissing: it is not installed.
        """
        key = server.part, server.choice
        if key not in self._found:
            self._found[key] = self.part(server.part).find(server.choice)
        return self._found[key]


def _load(module: str, attribute: str, name: str) -> Part:
    try:
        part: Part = getattr(importlib.import_module(module), attribute)()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("seaway"):
            raise
        raise PartMissing("SW253", part=name, package=error.name) from error
    return part


@dataclass(frozen=True, slots=True, kw_only=True)
class Premises:
    """Handed to everything that works for one stack on this machine."""

    stack: Name
    state: StateFolder
    clock: Clock
    vault: Vault
    shelf: Shelf
    outside: Mapping[str, str] = field(default_factory=dict[str, str])
    """The operator's environment: tools are found and builds run with it, nothing else."""
