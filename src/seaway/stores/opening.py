"""Opening: a SQLite file on a disk in any condition, and its errors in the words of the system."""

import errno
import os
import sqlite3
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from seaway.errors import SeawayError

WAIT_FOR_LOCK = 10.0
"""Seconds that a writer waits for another; each holds the lock for milliseconds."""
CAUSES: Mapping[int, int] = {
    sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_READONLY: errno.EROFS,
    sqlite3.SQLITE_IOERR: errno.EIO, sqlite3.SQLITE_PERM: errno.EACCES,
    sqlite3.SQLITE_BUSY: errno.EBUSY, sqlite3.SQLITE_LOCKED: errno.EBUSY,
    sqlite3.SQLITE_NOMEM: errno.ENOMEM,
}  # fmt: skip
"""By primary result code (sqlite.org/rescode.html)."""
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
NO_PLACE_FOR_INDEX = frozenset({
    sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY,
})  # fmt: skip
"""How SQLite refuses a file for whose write-ahead log or index the disk has no room."""


def opened(path: Path, schema: str) -> tuple[sqlite3.Connection, bool]:
    """A connection to the file, in WAL mode; made with that schema when it is not there.

    Where the disk takes no new file, the two beside it cannot be made. When nobody has it open they
    hold nothing either: then it can at least be read, as it is now; and the answer is False.

    Raises:
        OSError: it can be neither written nor read.
        SeawayError: SW541, it is damaged.
    """
    with translated(path):
        try:
            return _writable(path, schema), True
        except sqlite3.OperationalError as error:
            if _primary(error) not in NO_PLACE_FOR_INDEX or not _complete(path):
                raise
            return _readable(path), False


def _writable(path: Path, schema: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=WAIT_FOR_LOCK, isolation_level=None, check_same_thread=False
    )
    try:
        if path.stat().st_mode & 0o777 != 0o600:  # noqa: PLR2004 -- for its owner alone
            path.chmod(0o600)
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(schema)
    except BaseException:
        connection.close()
        raise
    return connection


def _complete(path: Path) -> bool:
    """Whether all that was ever written is in the file itself."""
    log = path.with_name(f"{path.name}-wal")
    return path.exists() and path.stat().st_size > 0 and not (log.exists() and log.stat().st_size)


def _readable(path: Path) -> sqlite3.Connection:
    address = f"file:{quote(str(path))}?mode=ro&immutable=1"
    return sqlite3.connect(address, uri=True, isolation_level=None, check_same_thread=False)


@contextmanager
def translated(path: Path) -> Generator[None]:
    """Say what SQLite could not do as the system says it, with the name of the file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = _primary(error)
        if not code:  # misused, not refused
            raise
        if code in DAMAGED:
            raise SeawayError("SW541", path=str(path), problem=str(error)) from error
        number = CAUSES.get(code) or _why_not_opened(path)
        raise OSError(number, os.strerror(number), str(path)) from error


def _primary(error: sqlite3.Error) -> int:
    """The result code without its details; 0 where SQLite has none."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _why_not_opened(path: Path) -> int:
    """SQLite says only that it could not open it.

    The file itself must not be opened to find out: closing it would give up the locks that this
    process holds on it (fcntl(2)).
    """
    try:
        os.close(os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC))
        room = os.statvfs(path.parent)
    except OSError as error:
        return error.errno or errno.EIO
    if room.f_flag & os.ST_RDONLY:
        return errno.EROFS
    if room.f_files and not room.f_favail:
        return errno.ENOSPC
    return errno.EIO if os.access(path.parent, os.W_OK) else errno.EACCES
