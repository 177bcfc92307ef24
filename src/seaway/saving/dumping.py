"""Dumping: stores that are saved by asking them for all they hold, and filled by telling them."""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from seaway.model.backup import SavedFile
from seaway.saving.packing import Packer, Unpacker


class DumpTrouble(OSError):  # noqa: N818 -- a name says what happened
    """The server would not, or holds what cannot be saved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """One that runs, and by what it lets us in."""

    host: str
    port: int
    password: str = field(default="", repr=False)
    database: str = ""
    """Of the application."""
    doors: Mapping[str, str] = field(default_factory=dict[str, str])
    """Where others of its set are reached that it calls by these names."""


class Dump(Protocol):
    """How one kind of store is asked and told. All of it blocks the thread."""

    def snapshot(self, server: Server, packer: Packer) -> tuple[SavedFile, ...]:
        """Keep all that it holds.

        Raises:
            DumpTrouble: it could not be had whole.
        """
        ...

    def give_back(self, server: Server, files: Sequence[SavedFile], unpacker: Unpacker) -> None:
        """Tell it all of that; it must be empty.

        Raises:
            Damaged: something is not what was saved.
            DumpTrouble: the server would not.
        """
        ...

    def contents(self, server: Server) -> Mapping[str, str]:
        """By path, as in a backup: a digest of what it holds there now."""
        ...

    def values(self, server: Server, collection: str, name: str) -> set[str]:
        """All that there is in a field of a collection, as text."""
        ...


DUMPS = {
    "mongo": "seaway.saving.mongo:MongoDump",
    "milvus": "seaway.saving.milvus:MilvusDump",
}
"""By part; loaded when named, for their clients are slow to load, or not installed."""


def dump_of(part: str) -> Dump:
    """How it is saved; raises KeyError for what is saved by other means."""
    module, _, name = DUMPS[part].partition(":")
    made: Dump = getattr(importlib.import_module(module), name)()
    return made


class Lines:
    """Pieces as they come, read as one file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = b""

    def read(self, size: int) -> bytes:
        """At most so many bytes; none at the end."""
        if not self._rest:
            self._rest = next(self._pieces, b"")
        part, self._rest = self._rest[:size], self._rest[size:]
        return part
