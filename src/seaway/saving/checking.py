"""Checking: whether backups are what was written, by reading every byte of them."""

from collections.abc import Iterator, Sequence

from seaway.model.backup import Backup, SavedStore, blocks
from seaway.saving.archive import LOG, Archive
from seaway.saving.log_positions import position
from seaway.saving.packing import Unpacker
from seaway.saving.repository import Repository
from seaway.saving.sealing import Damaged

ARCHIVED = "archived"
"""A fact of a database: its log is kept from this backup on."""


def checked(repository: Repository, backup: Backup) -> int:
    """Read all of it; how many bytes it holds.

    Raises:
        Damaged: something of it is not what was written.
    """
    unpacker = Unpacker(repository)
    return sum(
        len(part) for store in backup.stores for file in store.files
        for part in unpacker.chunks(file)
    )  # fmt: skip


def archive_of(repository: Repository, store: SavedStore) -> Archive:
    """The log that goes on from a backup of a database."""
    return Archive(
        repository, store.store, store.facts["system"], int(store.facts["timeline"])
    )  # fmt: skip


def check_log(repository: Repository, store: SavedStore) -> int:
    """Read the log from a backup of a database on; up to which position it goes.

    Raises:
        Damaged: something of it is missing, or not what was written.
    """
    archive = archive_of(repository, store)
    end = archive.end()
    if not end:
        raise Damaged(archive.folder)
    for _ in archive.segments(position(store.facts["start"]), end):
        pass
    return end


def damages(repository: Repository) -> Iterator[tuple[str, str]]:
    """Which backup or log, and what of it is not what was written; nothing where all is well."""
    try:
        for name in repository.missing():
            yield name, f"backups/{name}"
    except Damaged as damaged:
        yield "catalogue", str(damaged)
    logs: dict[str, SavedStore] = {}
    sound: set[str] = set()
    for name in repository.names():
        try:
            backup = repository.backup(name)
            for block in sorted(blocks((backup,)) - sound):
                repository.content(block)  # which compares it with its name, made of the content
                sound.add(block)
        except (Damaged, ValueError) as damaged:
            yield name, str(damaged)
            continue
        for store in backup.stores:
            if store.facts.get(ARCHIVED):
                logs.setdefault(archive_of(repository, store).folder, store)
    yield from _of_logs(repository, list(logs.values()))


def _of_logs(repository: Repository, stores: Sequence[SavedStore]) -> Iterator[tuple[str, str]]:
    """The oldest backup of each chain needs all of its log."""
    for store in stores:
        try:
            check_log(repository, store)
        except (Damaged, ValueError) as damaged:
            yield f"{LOG}{store.store}", str(damaged)
