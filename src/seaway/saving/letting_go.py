"""Letting go: what of the logs in a repository no backup needs any more."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from seaway.model.backup import Backup
from seaway.saving.archive import HEAD, LOG, WITNESS, Archive
from seaway.saving.checking import archive_of
from seaway.saving.log_positions import position
from seaway.saving.repository import Repository
from seaway.saving.sealing import Damaged


def loose_logs(repository: Repository, kept: Sequence[Backup]) -> Iterator[str]:
    """Names of log that no backup needs.

    It is from before the oldest backup of its chain, is there twice, or belongs to a history that
    has no backup and goes on no more. The heads of such histories stay: they tell which timelines
    have been used.
    """
    starts: dict[str, int] = {}
    newest: dict[str, datetime] = {}
    for backup in kept:
        for store in backup.stores:
            if "system" in store.facts:
                folder, start = archive_of(repository, store).folder, position(store.facts["start"])
                starts[folder] = min(starts.get(folder, start), start)  # clocks may be set back
                newest[store.store] = max(newest.get(store.store, store.at), store.at)
    names = list(repository.place.names(LOG))
    for folder in sorted({each.rpartition("/")[0] for each in names}):
        archive = _archive(repository, folder)
        first = starts.get(archive.folder)
        yield from archive.doubled()
        if first is not None:
            yield from archive.before(first)
        elif _over(archive, newest.get(archive.store)):
            inside = (each for each in names if each.startswith(archive.folder))
            yield from (each for each in inside if not each.endswith((f"/{HEAD}", f"/{WITNESS}")))


def _archive(repository: Repository, folder: str) -> Archive:
    store, system, timeline = folder.removeprefix(LOG).rsplit("/", 2)
    return Archive(repository, store, system, int(timeline, 16))


def _over(archive: Archive, newest: datetime | None) -> bool:
    """Whether another history has a backup that is later than all of this one."""
    try:
        head = archive.head()
    except (Damaged, ValueError):
        return False
    return bool(head and newest and head.at < newest)
