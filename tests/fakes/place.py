"""MemoryPlace: where backups are kept, in a dictionary."""

from collections.abc import Iterator

from seaway.model.backup import Backup
from seaway.saving.repository import Repository


class MemoryPlace:
    """Keeps files by name for as long as it lives."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}

    def read(self, name: str) -> bytes:
        try:
            return self.files[name]
        except KeyError as error:
            raise FileNotFoundError(name) from error

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        del durable
        self.files[name] = data

    def names(self, start: str) -> Iterator[str]:
        yield from sorted(each for each in self.files if each.startswith(start))

    def remove(self, name: str) -> None:
        self.files.pop(name, None)

    def settle(self) -> None:
        """Nothing: memory is all there is."""


def kept(*backups: Backup) -> Repository:
    """A repository in memory that has them."""
    made = Repository.at(MemoryPlace(), b"k" * 32)
    for each in backups:
        made.record(each)
    return made
