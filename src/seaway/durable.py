"""Durable: files that are there whole or not at all, also after a loss of power.

Three things make a new file last: its content is synced, it gets its name only then, and the folder
that holds the name is synced (rename(2), fsync(2)).
"""

import errno
import fcntl
import os
import struct
from _thread import get_native_id
from io import FileIO
from pathlib import Path

BEGIN = 2
"""SYNC_FILE_RANGE_WRITE."""
GET_FLAGS, SET_FLAGS, SYNC = 0x80086601, 0x40086602, 8
"""FS_IOC_GETFLAGS, FS_IOC_SETFLAGS, FS_SYNC_FL (linux/fs.h)."""


def write_whole(
    file: Path, data: str | bytes, *, mode: int = 0o600, durable: bool = False
) -> None:  # fmt: skip
    """Write so that whoever reads, and whoever is killed, finds the old content or the new one.

    With `durable` a loss of power is survived too, and the file is on the disk at the return. What
    is about processes needs that not: they do not survive it either. Nothing is left of a try that
    failed.

    Raises:
        OSError: it could not be written; the old content is there.
    """
    folder, name = os.path.split(file)
    # The number of a thread: two of one process may write the same file at once.
    draft = os.path.join(folder, f".{name}.{get_native_id()}")
    handle = _draft(draft, mode)
    try:
        with open(handle, "wb", buffering=0) as out:
            _write(out, data.encode() if isinstance(data, str) else data)
            if durable:
                os.fsync(handle)
        os.replace(draft, file)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
    if durable:
        sync_folder(file.parent)


def _draft(draft: str, mode: int) -> int:
    """A new file; one of a process that was killed and had this number makes room."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        return os.open(draft, flags, mode)
    except FileExistsError:
        Path(draft).unlink(missing_ok=True)
        return os.open(draft, flags, mode)


def _write(out: FileIO, data: bytes) -> None:
    """All of it: a disk may take less at a time."""
    left = memoryview(data)
    while left:
        left = left[out.write(left) :]


def make_folder(folder: Path, mode: int = 0o755) -> None:
    """Make it and those above it that are missing; they are on the disk at the return."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(mode=mode, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Bring the names in it to the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def begin_sync(handle: int) -> None:
    """Let the disk begin with what was written to a file, and do not wait for it.

    Nothing is promised by it, but what syncs later has less to wait for (sync_file_range(2)).
    """
    import ctypes  # noqa: PLC0415 -- as below

    start = ctypes.c_int64(0)
    ctypes.CDLL(None).sync_file_range(handle, start, start, BEGIN)


def sync_always(folder: Path) -> None:
    """Let everything that is written in a folder be on the disk before its writer goes on.

    For programs that sync nothing themselves. Nothing where the file system knows no such flag
    (FS_SYNC_FL, ioctl_iflags(2)): memory has no disk.
    """
    for each in (folder, *folder.rglob("*")):
        if each.is_dir() or each.is_file():
            _sync_file(each)


def _sync_file(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        flags = struct.unpack("i", fcntl.ioctl(handle, GET_FLAGS, bytes(4)))[0]
        if not flags & SYNC:
            fcntl.ioctl(handle, SET_FLAGS, struct.pack("i", flags | SYNC))
    except OSError as error:
        if error.errno not in {errno.ENOTTY, errno.EOPNOTSUPP, errno.ENOSYS}:
            raise
    finally:
        os.close(handle)


def sync_disk(folder: Path) -> None:
    """Bring the whole disk that holds the folder up to date; for the many files of other programs.

    One by one they would take a journal's commit each: syncfs(2) takes one for all.
    """
    import ctypes  # noqa: PLC0415 -- slow to load, needed after builds only

    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if ctypes.CDLL(None, use_errno=True).syncfs(handle):
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number), str(folder))
    finally:
        os.close(handle)
