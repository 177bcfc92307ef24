"""Text: plain parts, and holes for addresses and secrets that the target fills at the end."""

from dataclasses import dataclass
from typing import Literal

from seaway.model.names import Name


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """Where a workload is reached; a balanced one by its balancer, a store by the member named."""

    workload: Name
    slot: int = 0
    hole: Literal["host"] = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """The port number, in decimal, under which a named port of a workload is reached."""

    workload: Name
    port: str
    slot: int = 0
    hole: Literal["port"] = "port"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """The value of a secret. The version is part of the digest, the value never is."""

    name: str
    version: int = 0
    quoted: bool = False
    """Percent-encoded, for use inside an address."""
    hole: Literal["secret"] = "secret"


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretFile:
    """The path of a file of mode 0400 that holds the secret, made for this instance only."""

    name: str
    version: int = 0
    hole: Literal["secret-file"] = "secret-file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A fact about the instance itself: its host, a port by name, its id, a folder of its own."""

    what: Literal["host", "port", "instance", "volume", "release", "files"]
    name: str = ""
    hole: Literal["own"] = "own"


Hole = Host | Port | Secret | SecretFile | Own


@dataclass(frozen=True, slots=True)
class Text:
    """A row of plain parts and holes."""

    parts: tuple[str | Hole, ...] = ()

    @staticmethod
    def of(*parts: "str | Hole | Text") -> "Text":
        """Join parts and other texts into one."""
        row: list[str | Hole] = []
        for part in parts:
            row.extend(part.parts if isinstance(part, Text) else (part,))
        return Text(tuple(row))

    @property
    def holes(self) -> tuple[Hole, ...]:
        """What must be known before this becomes a string."""
        return tuple(part for part in self.parts if not isinstance(part, str))

    @property
    def written(self) -> str:
        """The text if all of it was written; empty where something is filled in later."""
        return "" if self.holes else "".join(map(str, self.parts))

    @property
    def secret(self) -> bool:
        """Whether filling it puts a secret into the string."""
        return any(isinstance(hole, Secret) for hole in self.holes)
