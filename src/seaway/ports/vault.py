"""Vault: secrets by name and version."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol


class Vault(Protocol):
    """Keeps secrets encrypted. Versions count from 1; old ones stay readable until pruned."""

    def versions(self) -> Mapping[str, int]:
        """The newest version of every secret; no values."""
        ...

    def since(self, name: str) -> datetime | None:
        """When the newest value of a secret was kept; None where nobody noted it."""
        ...

    def read(self, name: str, version: int = 0) -> str:
        """The value; version 0 for the newest.

        Raises:
            UsageError: there is no such secret or version.
        """
        ...

    def write(self, name: str, value: str) -> int:
        """Keep a new version, durably; return its number."""
        ...

    def write_pair(self, name: str, public: str, bits: int) -> int:
        """Keep a new RSA key and its public half, both or neither; return the key's number."""
        ...
