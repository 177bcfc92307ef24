"""Giving back: fills the empty folder of a store from a backup, so that its server starts on it."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from shutil import copyfile

from seaway.durable import begin_sync, sync_disk
from seaway.model.backup import SavedFile, SavedStore
from seaway.saving import redis
from seaway.saving.archive import Archive
from seaway.saving.log_positions import position
from seaway.saving.packing import Unpacker
from seaway.saving.postgres import MANIFEST

CLUSTER, LOG = "cluster", "pg_wal"
"""The log to be replayed is put where the server keeps its own: nothing has to be copied, and no
command can fail that the server would take for the end of the log."""
SETTINGS, SIGNAL = "postgresql.auto.conf", "recovery.signal"
LARGE = 1 << 20
"""Bytes of a file from which on the disk begins to take it at once: it is the slowest of all."""
OURS = ("restore_command", "recovery_", "hot_standby ")
"""How lines of the settings begin that only a recovery needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Until:
    """Up to where a database is brought."""

    moment: datetime | None = None
    """None for all there is, or for the backup alone."""
    position: int = 0
    """Up to where its log is needed; 0 for the backup alone."""


def fill_postgres(  # noqa: PLR0913 -- what of it, and where to
    folder: Path, store: SavedStore, until: Until, unpacker: Unpacker, archive: Archive,
    *, lasting: bool = False,
) -> None:  # fmt: skip
    """The cluster as it was, and its log to be replayed at the first start.

    One that is `lasting` has its own log kept, and a timeline of its own for that.

    Raises:
        Damaged: something that is needed is missing or not what was written; the folder is of no
            use then.
    """
    cluster = folder / CLUSTER
    cluster.mkdir(mode=0o700)  # the server refuses one that others may enter
    for file, parts in unpacker.each([each for each in store.files if each.path != MANIFEST]):
        _write(cluster, file, parts)
    start = position(store.facts["end"])
    if until.position > start:
        for name, content in archive.segments(start, until.position):
            _put(cluster / LOG / name, content)
    for timeline in archive.timelines():  # each is of another history: ours is to be a new one
        _put(cluster / LOG / f"{timeline}.history", b"# in use\n")
    if lasting:
        with suppress(OSError):  # a full place of backups is no reason not to restore from it
            archive.reserve()
    (cluster / SIGNAL).touch()
    _settings(cluster, _recovery(until, alone=until.position <= start))
    # not synced here: before it replays anything the server does that (recovery_init_sync_method)


def _recovery(until: Until, *, alone: bool) -> Iterator[str]:
    yield "restore_command = 'false'"  # it is there already
    yield "recovery_target_timeline = 'current'"
    yield "recovery_target_action = 'promote'"
    yield "recovery_init_sync_method = 'syncfs'"
    yield "hot_standby = off"  # nobody is let in before it is what it should be
    if until.moment is not None:
        yield f"recovery_target_time = '{until.moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00'"
    elif alone:
        yield "recovery_target = 'immediate'"


def drop_target(folder: Path) -> None:
    """Replay all of the log that was put beside it: nothing in it is later than was asked for."""
    file = folder / CLUSTER / SETTINGS
    lines = [each for each in file.read_text().splitlines() if "recovery_target_time" not in each]
    file.write_text("\n".join(lines) + "\n")


def tidy_postgres(folder: Path) -> None:
    """Remove what only the recovery needed; the server may run."""
    _settings(folder / CLUSTER, iter(()))


def _settings(cluster: Path, lines: Iterator[str]) -> None:
    """Ours in place of those of an earlier recovery."""
    file = cluster / SETTINGS
    kept: list[str] = []
    owner = None
    with suppress(FileNotFoundError):
        owner = file.stat()
        kept = [each for each in file.read_text().splitlines() if not each.startswith(OURS)]
    file.write_text("\n".join((*kept, *lines)) + "\n")
    if owner is not None and os.geteuid() == 0:
        os.chown(file, owner.st_uid, owner.st_gid)


def fill_redis(folder: Path, store: SavedStore, unpacker: Unpacker) -> None:
    """The snapshot, where a server looks that appends, and where one looks that does not."""
    [file] = store.files
    _write(folder, file, unpacker.chunks(file))
    log = folder / redis.LOG
    log.mkdir(mode=0o700)
    copyfile(folder / redis.SNAPSHOT, log / redis.BASE)
    (log / f"{redis.AOF}.manifest").write_text(redis.MANIFEST)
    sync_disk(folder)


def _write(folder: Path, file: SavedFile, parts: Iterator[bytes | memoryview]) -> None:
    path = folder / file.path
    if file.path.endswith("/"):
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with open(path, "xb", opener=_private) as out:
        for part in parts:
            out.write(part)
            if file.size >= LARGE:
                begin_sync(out.fileno())


def _put(path: Path, content: bytes) -> None:
    with open(path, "wb", opener=_private) as out:
        out.write(content)
        begin_sync(out.fileno())


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)
