"""Checking: whether backups are what was written, by reading every byte of them."""

from collections.abc import Iterable, Iterator, Sequence

from seaway.errors import UsageError
from seaway.model.backup import Backup, SavedStore, blocks
from seaway.saving.ahead import ahead
from seaway.saving.archive import LOG, Archive
from seaway.saving.log_positions import position
from seaway.saving.repository import BACKUPS, Repository
from seaway.saving.sealing import Damaged

ARCHIVED = "archived"
"""A fact of a database: its log is kept from this backup on."""


def checked(repository: Repository, backup: Backup) -> int:
    """Read all of it; how many bytes it holds.

    Raises:
        Damaged: something of it is not what was written.
    """
    if broken := _broken(repository, blocks((backup,))):
        raise Damaged(broken[min(broken)])
    return sum(store.size for store in backup.stores)


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
    head, end, start = archive.head(), archive.end(), position(store.facts["start"])
    if head is None:
        raise Damaged(archive.folder)
    for _ in archive.segments(start, head.reach(start, end)):
        pass
    return end


def damages(repository: Repository) -> Iterator[tuple[str, str]]:
    """Which backup or log, and what of it is not what was written; nothing where all is well.

    Others may write meanwhile: what they let go of is no damage.
    """
    try:
        for name in repository.missing():
            yield name, f"{BACKUPS}{name}"
    except Damaged as damaged:
        yield "catalogue", str(damaged)
    backups, bad = _opened(repository)
    broken = _broken(repository, blocks(backups))
    for backup in backups:
        if lost := blocks((backup,)) & broken.keys():
            bad[backup.name] = broken[min(lost)]
    there = set(repository.names())
    yield from ((name, what) for name, what in bad.items() if name in there)
    yield from _of_logs(repository, backups)


def _opened(repository: Repository) -> tuple[list[Backup], dict[str, str]]:
    """Backups, and of those that cannot be read what is wrong."""
    found: list[Backup] = []
    bad: dict[str, str] = {}
    for name in repository.names():
        try:
            found.append(repository.backup(name))
        except (Damaged, ValueError) as damaged:
            bad[name] = str(damaged)
        except UsageError:
            continue  # it has been let go
    return found, bad


def _broken(repository: Repository, needed: Iterable[str]) -> dict[str, str]:
    """Blocks that are not what they were, each read once."""

    def problem(block: str) -> tuple[str, str]:
        try:
            repository.content(block)  # which compares it with its name, made of the content
        except Damaged as damaged:
            return block, str(damaged)
        return block, ""

    return {block: what for block, what in ahead(problem, sorted(needed)) if what}


def _of_logs(repository: Repository, backups: Sequence[Backup]) -> Iterator[tuple[str, str]]:
    """Of each chain the backup that begins first needs all of its log."""
    chains: dict[str, list[tuple[Backup, SavedStore]]] = {}
    for backup in backups:
        for store in backup.stores:
            if store.facts.get(ARCHIVED):
                folder = archive_of(repository, store).folder
                chains.setdefault(folder, []).append((backup, store))
    for chain in chains.values():
        for backup, store in sorted(chain, key=lambda each: position(each[1].facts["start"])):
            try:
                check_log(repository, store)
            except (Damaged, ValueError) as damaged:
                if backup.name not in repository.names():
                    continue  # it has been let go, and its log with it: the next one counts
                yield f"{LOG}{store.store}", str(damaged)
            break
