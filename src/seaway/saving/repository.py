"""Repository: the backups of one stack in one place: blocks by their content, catalogues by name.

```
seaway.json          says that this is one, and which key opens it
blocks/ab/abcd…      content, sealed, under a name made of it
backups/NAME         what a backup holds, sealed; written last: without it there is no backup
catalogue            names of all backups, so that one that is lost, or was not there, is seen
wal/…                the log of a database (see `archive`)
```
"""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from seaway.errors import DataRefused, UsageError
from seaway.model.backup import Backup, blocks, in_order
from seaway.saving.places import FolderPlace, Place
from seaway.saving.sealing import Damaged, Seal
from seaway.values import dumped, loaded

HEADER = "seaway.json"
BACKUPS, BLOCKS, CATALOGUE = "backups/", "blocks/", "catalogue"
FORMAT = 1
MAYBE = "?"
"""Before a name in the catalogue: it is being written or removed, and may be there or not."""


@dataclass(frozen=True, slots=True)
class Repository:
    """Blocks the thread it is called in. One process writes at a time; any may read."""

    place: Place
    seal: Seal = field(repr=False)

    @staticmethod
    def at(place: Place, key: bytes) -> "Repository":
        """The one there; a new one where there is none.

        Raises:
            UsageError: SW830, another key is needed.
        """
        found = Repository(place, Seal(key))
        if not found.exists:
            found._begin()
        return found

    @staticmethod
    def there(place: Place, key: bytes) -> "Repository | None":
        """The one there; None where there is none.

        Raises:
            UsageError: SW830, another key is needed.
        """
        found = Repository(place, Seal(key))
        return found if found.exists else None

    @property
    def exists(self) -> bool:
        """Whether there is one; raises as `at` does."""
        try:
            found = self.place.read(HEADER)
            told = json.loads(found)
        except FileNotFoundError:
            if any(True for _ in self.place.names(BACKUPS)):
                raise DataRefused("SW831", name=HEADER) from None
            return False
        except ValueError as error:
            raise DataRefused("SW831", name=HEADER) from error
        if not isinstance(told, dict) or told.get("format") != FORMAT:  # pyright: ignore[reportUnknownMemberType] -- any JSON
            raise DataRefused("SW831", name=HEADER)
        if told.get("key") != self.seal.name(b"key"):  # pyright: ignore[reportUnknownMemberType] -- any JSON
            raise UsageError("SW830")
        if found != self._header:
            raise DataRefused("SW831", name=HEADER)
        return True

    def _begin(self) -> None:
        self.place.write(HEADER, self._header)

    @property
    def _header(self) -> bytes:
        return json.dumps({"format": FORMAT, "key": self.seal.name(b"key")}).encode()

    # ------------------------------------------------------------------------------- contents

    def keep(self, name: str, content: bytes | memoryview) -> int:
        """Keep a block under its name, `seal.name` of it; how many bytes were written for it.

        It survives a loss of power after `place.settle`.
        """
        sealed = self.seal.closed(name, content)
        self.place.write(_block(name), sealed, durable=False)
        return len(sealed)

    def content(self, name: str) -> bytes:
        """What is in a block, compared with its name, which was made of the content.

        Raises:
            Damaged: it is not there, or not what it was.
        """
        found = self.opened(name)
        if self.seal.name(found) != name:
            raise Damaged(_block(name))
        return found

    def opened(self, name: str) -> bytes:
        """The same for those who compare it themselves: it was sealed under that name."""
        try:
            return self.seal.opened(name, self.place.read(_block(name)))
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError, Damaged) as error:
            raise Damaged(_block(name)) from error

    def block_names(self) -> frozenset[str]:
        """All that are there, needed or not."""
        return frozenset(each.rpartition("/")[2] for each in self.place.names(BLOCKS))

    # -------------------------------------------------------------------------------- backups

    def record(self, backup: Backup) -> None:
        """Make it a backup: from here on it counts. Its blocks must be settled."""
        name, known = f"{BACKUPS}{backup.name}", self._known()
        self._list((*known, f"{MAYBE}{backup.name}"))
        self.place.write(name, self.seal.closed(name, dumped(backup).encode()))
        self._list((*known, backup.name))

    def names(self) -> Sequence[str]:
        """Of all backups, the oldest first."""
        found = [each.removeprefix(BACKUPS) for each in self.place.names(BACKUPS)]
        return sorted(found, key=moment)

    def missing(self) -> Sequence[str]:
        """Names of backups that should be there, and are not.

        Raises:
            Damaged: nobody knows which should be there.
        """
        there, listed = self._listed()
        if not listed:
            if there:
                raise Damaged(CATALOGUE)
            return ()
        words = self._words(listed)
        sure = {each for each in words if not each.startswith(MAYBE)}
        if there - {each.removeprefix(MAYBE) for each in words}:
            raise Damaged(CATALOGUE)  # an older one has been put in its place
        return sorted(sure - there, key=moment)

    def _listed(self) -> tuple[set[str], bytes]:
        """Names of what is there, and the catalogue as it was meanwhile: others may write."""
        while True:
            before = self._catalogue()
            there = set(self.names())
            if self._catalogue() == before:
                return there, before

    def looked_through(self) -> tuple[Sequence[Backup], Sequence[str]]:
        """Backups, and names of those that are missing or damaged; raises as `missing` does.

        Others may write meanwhile: what they let go of is neither.
        """
        gone, there = self.missing(), set(self.names())
        backups = list(self.readable())
        bad = there.intersection(self.names()) - {each.name for each in backups}
        return backups, sorted({*gone, *bad}, key=moment)

    def _known(self) -> Sequence[str]:
        """All that are there, or should be: what is missing is missed until it is removed."""
        words: frozenset[str] = frozenset()
        if listed := self._catalogue():
            with suppress(Damaged):
                words = self._words(listed)
        sure = {each for each in words if not each.startswith(MAYBE)}
        return sorted({*self.names(), *sure}, key=moment)

    def _words(self, listed: bytes) -> frozenset[str]:
        return frozenset(self.seal.opened(CATALOGUE, listed).decode().split())

    def _catalogue(self) -> bytes:
        try:
            return self.place.read(CATALOGUE)
        except FileNotFoundError:
            return b""

    def backup(self, name: str) -> Backup:
        """What a backup holds.

        Raises:
            UsageError: there is none of that name.
            Damaged: it is not what was written.
        """
        try:
            sealed = self.place.read(f"{BACKUPS}{name}")
        except FileNotFoundError as error:
            known = ", ".join(self.names()[-5:])
            raise UsageError("SW832", name=name, known=known) from error
        return loaded(Backup, self.seal.opened(f"{BACKUPS}{name}", sealed))

    def backups(self) -> Iterator[Backup]:
        """All of them, the oldest first; raises as `backup` does.

        By what they say themselves: names are in the time zone of a schedule, which may be another
        one by now, and clocks there are put back in autumn.
        """
        yield from in_order([self.backup(each) for each in self.names()])

    def readable(self) -> Iterator[Backup]:
        """The same without those that are damaged."""
        found: list[Backup] = []
        for name in self.names():
            with suppress(Damaged, ValueError):
                found.append(self.backup(name))
        yield from in_order(found)

    def remove(self, names: Sequence[str]) -> None:
        """Forget backups, missing ones too; what only they needed goes with the next `sweep`."""
        if not names:
            return
        kept = [each for each in self._known() if each not in names]
        self._list((*kept, *(f"{MAYBE}{each}" for each in names)))
        for name in names:
            self.place.remove(f"{BACKUPS}{name}")
        self._list(kept)

    def _list(self, names: Sequence[str]) -> None:
        self.place.write(CATALOGUE, self.seal.closed(CATALOGUE, "\n".join(names).encode()))

    def sweep(self) -> int:
        """Remove blocks that no backup needs, and what tries that were killed left; how many.

        Raises:
            Damaged: a backup cannot be read: nobody knows what it needs, and nothing is removed.
        """
        needed = blocks(tuple(self.backups()))
        loose = self.block_names() - needed
        for name in sorted(loose):
            self.place.remove(_block(name))
        if isinstance(self.place, FolderPlace):
            self.place.tidy()
        return len(loose)


def moment(name: str) -> str:
    """The part of a backup's name that orders it: `20261130_020000`."""
    return name[-15:]


def _block(name: str) -> str:
    return f"{BLOCKS}{name[:2]}/{name}"
