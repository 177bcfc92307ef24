"""Backup: what one holds, file by file, and where a stack's are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seaway.model.names import Name
from seaway.model.text import Text

OWN = "seaway"
"""The store that holds Seaway's own knowledge of a stack: releases, events, secrets."""
BESIDE = "local"
"""The folder beside the state of a stack: it stays when that is removed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where backups go: a folder, or a bucket of an object store."""

    folder: str = ""
    """Absolute, or `BESIDE`; empty for a bucket."""
    endpoint: Text = Text()
    region: str = ""
    bucket: str = ""
    access_key: Text = Text()
    secret_key: Text = Text()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How many backups stay: the newest of each of so many days, weeks and months."""

    daily: int = 7
    weekly: int = 0
    monthly: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Saving:
    """How one store is saved, and what is promised of it."""

    store: Name
    """The workload."""
    part: str
    destination: Destination
    name: str = ""
    """How names of its backups begin; the stack's name when empty."""
    full: str = "0 2 * * *"
    zone: str = "UTC"
    point_in_time: timedelta | None = None
    keep: Keep = Keep()
    rpo: timedelta | None = None
    rto: timedelta | None = None
    references: Mapping[str, str] = field(default_factory=dict[str, str])
    """By bucket (`files/pics`): a query whose rows name objects that must be there."""
    drill: str = ""
    """`daily`, `weekly`, `monthly`, or empty for never."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a block: whole blocks for large files, parts of shared ones for small files."""

    block: str
    start: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedFile:
    """One file, or one object of a bucket."""

    path: str
    size: int
    digest: str
    """SHA-256 of its content, in hex."""
    pieces: tuple[Piece, ...] = ()
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of an object: its type, version, and what else is to be as it was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedStore:
    """What was saved of one store."""

    store: Name
    part: str
    version: str
    """Of the server, as it says itself."""
    at: datetime
    """The moment whose content it is."""
    files: tuple[SavedFile, ...] = field(default=(), repr=False)
    facts: Mapping[str, str] = field(default_factory=dict[str, str])
    """Of PostgreSQL: system, timeline, start and end in the log."""

    @property
    def size(self) -> int:
        """Bytes before compression."""
        return sum(each.size for each in self.files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """A complete one: it is written last, so that what is there is whole."""

    name: str
    stack: Name
    environment: str
    began: datetime
    ended: datetime
    stores: tuple[SavedStore, ...]
    seaway: str = ""
    """The version that made it."""
    release: int = 0
    """Which was wanted then."""
    parent: str = ""
    """The one before it, whose blocks it shares."""

    def find(self, store: str) -> SavedStore | None:
        """What it holds of a store, or None."""
        return next((each for each in self.stores if each.store == store), None)


def in_order(found: Sequence[Backup]) -> list[Backup]:
    """As they were taken: by their times, but each after the one before it.

    A clock may have been ahead when one was taken, by an hour or by years.
    """
    by_name = {each.name: each for each in found}
    place, latest = dict[str, int](), {each.name: each.began for each in found}
    for each in found:
        row: list[Backup] = []
        before: Backup | None = each
        while before and before.name not in place and before not in row:
            row.append(before)
            before = by_name.get(before.parent)
        first = place.get(before.name, 0) + 1 if before else 0
        place |= {one.name: first + number for number, one in enumerate(reversed(row))}
    for each in sorted(found, key=lambda one: place[one.name], reverse=True):
        if each.parent in latest:
            latest[each.parent] = min(latest[each.parent], latest[each.name])
    return sorted(found, key=lambda one: (latest[one.name], place[one.name]))


def blocks(backups: Sequence[Backup]) -> frozenset[str]:
    """Every block that is needed for them."""
    return frozenset(
        piece.block
        for backup in backups
        for store in backup.stores
        for file in store.files
        for piece in file.pieces
    )
