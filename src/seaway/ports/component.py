"""Component: a kind that a stack file can declare; its fields are its settings."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from seaway.model.backup import Saving
from seaway.model.finding import Finding
from seaway.model.names import Name
from seaway.model.route import Upstream
from seaway.model.stack import Section
from seaway.model.text import Text
from seaway.model.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretNeed:
    """A secret that must exist before anything starts."""

    name: str
    generate: int = 0
    """Length in characters of a value made by Seaway; 0 when a person must give it."""
    form: str = "text"
    """`text` (letters and digits), `base64` or `hex` (then `generate` counts random bytes), or
    `rsa`: a private key of so many bits, as base64 of PKCS#8 in DER."""
    public: str = ""
    """The secret that keeps the public half of an `rsa` key, as base64 of its DER."""
    min_length: int = 0
    keep: int = 0
    """How many older values stay good beside the newest; above 0 the value is a ring."""
    longest: timedelta | None = None
    """How old a value may become."""
    rotates: bool = True
    """False for one that stored data is encrypted with: another would lose the data."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a component may know beside its own settings. Nothing of it was read from a platform."""

    stack: Name
    environment: str
    folder: str
    """The folder that relative paths start from, absolute."""
    exports: Mapping[Name, "Exports"] = field(default_factory=dict[Name, "Exports"])
    """Of the components named in its `uses` only."""
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    """The operator's environment, for `env:NAME`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exports:
    """What a component hands to those that use it."""

    workloads: frozenset[Name] = frozenset()
    """These must be ready before a user of it starts."""
    values: Mapping[str, Text] = field(default_factory=dict[str, Text])
    """For `ref:NAME.key`, and as NAME_KEY in the user's environment: url, host, port, …"""
    variables: Mapping[str, Text] = field(default_factory=dict[str, Text])
    """The customary names, DATABASE_URL or REDIS_URL, given when only one of its kind is used."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expansion:
    """What a component becomes."""

    workloads: tuple[Workload, ...] = ()
    exports: Exports = Exports()
    secrets: tuple[SecretNeed, ...] = ()
    upstreams: tuple[Upstream, ...] = ()
    """Balanced workloads; the proxy is told of those that are routed to or used by others."""
    saving: Saving | None = None
    """How its data is saved."""
    findings: tuple[Finding, ...] = ()
    """Paths in them are relative to the declaration."""


class Component(BaseModel, ABC):
    """A kind; its fields are its settings, their descriptions its documentation."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, hide_input_in_errors=True,
        defer_build=True,  # most stacks use few of the kinds there are
    )  # fmt: skip

    kind: ClassVar[str]
    section: ClassVar[Section]
    built: ClassVar[bool] = True
    """False for a kind that is understood but cannot be run yet."""

    @abstractmethod
    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """What to run and what to hand out; pure."""

    @property
    def used(self) -> tuple[Name, ...]:
        """The components it uses, in the order written: its edges, whatever setting names them."""
        return ()
