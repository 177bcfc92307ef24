"""Record: what the target wrote down about an instance before it did anything else."""

import contextlib
import fcntl
import os
import shutil
import time
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from seaway.durable import write_whole
from seaway.model.names import Digest, InstanceId
from seaway.model.workload import Workload
from seaway.targets.local.state import StateFolder
from seaway.values import dumped, loaded

RECORD = "instance.json"
ABANDONED = 60.0
"""Seconds after which a half-made folder belongs to nobody."""
SETTLED = 50_000_000
"""Nanoseconds after which a change would have another time: file systems count in ticks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """All that must be known of an instance when the release it came from is not at hand.

    It holds no secret: the workload has holes where they go.
    """

    id: InstanceId
    workload: Workload
    digest: Digest
    slot: int
    deaths: int
    """Deaths in a row in that slot before this one."""
    created: datetime
    release: int
    ports: Mapping[str, int] = field(default_factory=dict[str, int])
    environment: str = ""
    """The Python environment made for it, absolute: its source may ask for another one by now."""
    output: str = ""
    """The copy of what its build made, absolute."""
    source: str = ""
    """The copy of its source that it runs from, absolute; empty for the folder itself."""
    run: str = ""
    """Of the machine, as it was made; see `uptime`."""
    bare: bool = False
    """Whether nothing had to be made for it: it is prepared as soon as it is there."""


def write_record(folder: Path, record: Record) -> None:
    """Write or replace the record of an instance, all at once."""
    write_whole(folder / RECORD, dumped(record))


def read_record(folder: Path) -> Record | None:
    """The record in a folder; None when it is gone, or was spoilt by a loss of power."""
    file = f"{folder}/{RECORD}"
    try:
        found = os.stat(file)
        if time.time_ns() - found.st_mtime_ns < SETTLED:
            return _parsed(Path(file).read_bytes())
        return _read(file, found.st_ino, found.st_mtime_ns)
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None


@lru_cache(maxsize=512)
def _read(file: str, inode: int, changed: int) -> Record:
    """Every look reads every record, and hardly one has changed since the last."""
    del inode, changed  # they tell one text from another: a record is replaced, never rewritten
    return _parsed(Path(file).read_bytes())


@lru_cache(maxsize=512)
def _parsed(data: bytes) -> Record:
    """While many are made, each is read by all others, too soon to know it by its time."""
    return loaded(Record, data)


def records(state: StateFolder) -> tuple[Record, ...]:
    """Of all instances that are there, by id."""
    found = (read_record(folder) for folder in instance_folders(state))
    return tuple(record for record in found if record is not None)


def instance_folders(state: StateFolder) -> tuple[Path, ...]:
    """The folders of all instances, by id."""
    instances = state.instances
    return tuple(instances / name for name in instance_names(state))


def instance_names(state: StateFolder) -> tuple[InstanceId, ...]:
    """Of all that have a folder. One that is being made or removed has another name."""
    try:
        names = sorted(os.listdir(state.instances))
    except FileNotFoundError:
        return ()
    return tuple(InstanceId(name) for name in names if not name.startswith("."))


@contextlib.contextmanager
def new_folder(state: StateFolder, record: Record) -> Generator[Path, None, None]:
    """Make the folder with its record in it, and hold it as one in the making.

    The folder appears whole. Whoever looks can tell by the lock on it that somebody is at work;
    the kernel lets go of the lock with the process.
    """
    fresh, folder = state.instances / f".new-{record.id}", state.instance(record.id)
    try:
        fresh.mkdir(mode=0o700)
    except FileNotFoundError:
        state.instances.mkdir(mode=0o711, parents=True, exist_ok=True)
        fresh.mkdir(mode=0o700)
    descriptor = os.open(fresh, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with open(fresh / RECORD, "wb", opener=_private) as file:  # nobody sees it yet
            file.write(dumped(record).encode())
        fresh.rename(folder)
        yield folder
    finally:
        os.close(descriptor)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def in_the_making(folder: Path) -> bool:
    """Whether a process that lives is making this instance."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def remove_folder(state: StateFolder, name: InstanceId) -> None:
    """Remove an instance's folder; it disappears from sight at once and whole."""
    gone = state.instances / f".gone-{name}"
    with contextlib.suppress(FileNotFoundError):
        state.instance(name).rename(gone)
    try:
        for file in os.listdir(gone):
            os.unlink(f"{gone}/{file}")
        os.rmdir(gone)
    except OSError:  # somebody put a folder into it
        shutil.rmtree(gone, ignore_errors=True)


def remove_abandoned(state: StateFolder) -> None:
    """Remove folders that a killed Seaway was making or removing."""
    try:
        names = os.listdir(state.instances)
    except FileNotFoundError:
        return
    for folder in (state.instances / name for name in names if name.startswith(".")):
        with contextlib.suppress(FileNotFoundError):
            old = time.time() - folder.stat().st_mtime > ABANDONED
            if old and not in_the_making(folder):
                shutil.rmtree(folder, ignore_errors=True)
