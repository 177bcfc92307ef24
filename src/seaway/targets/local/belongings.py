"""Belongings: the files a shim keeps of its process: run folder, `pid`, `exit`."""

from __future__ import annotations

import errno
import os
import time

PASSED = 0o711
"""Of the folders that the user of a process must pass."""


def make_run_folder(path: str, owner: int) -> None:
    """Make it, private; the folders above it may be passed by others.

    Raises:
        OSError: it cannot be made, or is in the hands of somebody else: `/dev/shm` is for all.
    """
    stack = os.path.dirname(path)
    for folder in (os.path.dirname(stack), stack):
        if _ours(folder, owner) != PASSED:
            os.makedirs(folder, PASSED, exist_ok=True)
            _ours(folder, owner)
            os.chmod(folder, PASSED)
    try:
        os.mkdir(path, 0o700)
    except FileExistsError:
        _ours(path, owner)


def write_private(path: str, text: str, owner: tuple[int, int]) -> None:
    """Write a file that only its owner can read."""
    data = text.encode()
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o400)
    try:
        while data:
            data = data[os.write(fd, data) :]
        os.fchown(fd, *owner)
    finally:
        os.close(fd)


def now() -> str:
    """The time in UTC, to the millisecond."""
    moment = time.time()
    second = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(moment))
    return f"{second}.{int(moment % 1 * 1000):03}Z"


def born(pid: int) -> int:
    """When the kernel made it, in ticks since boot: with the pid it names one process."""
    with open(f"/proc/{pid}/stat", "rb") as file:
        return int(file.read().rpartition(b")")[2].split()[19])


def write_whole(folder: str, name: str, text: str, *, durable: bool = False) -> None:
    """Write a file that is there whole or not at all; `durable`: after a power cut too."""
    part = f"{folder}/{name}.part"
    try:
        with open(part, "w", encoding="utf-8") as file:
            file.write(text)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        os.rename(part, f"{folder}/{name}")
    except OSError:
        _remove(part)
        raise


def write_exit(folder: str, text: str, *, lasting: bool) -> None:
    """Write how it ended; `lasting`, on the disk with the record of what ended: a job runs once.

    The record was not synced when it was written, for nobody who starts should wait for a disk.
    How a service ended matters as long as the machine runs: afterwards all are started anew.
    """
    if not lasting:
        write_whole(folder, "exit", text)
        return
    if os.path.exists(f"{folder}/instance.json"):
        _sync(f"{folder}/instance.json")
    write_whole(folder, "exit", text, durable=True)
    _sync(folder)
    _sync(os.path.dirname(folder))


def remove_tree(path: str) -> None:
    """Remove a folder and what is in it, as far as it goes."""
    try:
        for entry in os.scandir(path):
            if entry.is_dir(follow_symlinks=False):
                remove_tree(entry.path)
            else:
                os.unlink(entry.path)
        os.rmdir(path)
    except OSError:
        return


def _sync(path: str) -> None:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _ours(path: str, owner: int) -> int:
    """What its owner and others may do with it; 0 where it is not there."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return 0
    if found.st_uid not in {0, os.geteuid(), owner}:
        raise PermissionError(errno.EPERM, "belongs to someone else", path)
    return found.st_mode & 0o7777
