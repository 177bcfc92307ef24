"""Places: where sealed things are kept, a folder or a bucket. They block: call them in a thread."""

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event
from typing import Protocol

from seaway.durable import make_folder, sync_disk, write_whole
from seaway.wire.s3 import Bucket

LONGEST = 3600.0
"""Seconds that nobody needs for one file: numbers of processes are used again."""


class Place(Protocol):
    """Keeps files by name; each is there whole or not at all."""

    def read(self, name: str) -> bytes:
        """All of it.

        Raises:
            FileNotFoundError: there is none of that name.
        """
        ...

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        """Keep it under that name; what is not `durable` is so after `settle`."""
        ...

    def names(self, start: str) -> Iterator[str]:
        """Every name that starts so, in order."""
        ...

    def remove(self, name: str) -> None:
        """Nothing where it is not there."""
        ...

    def settle(self) -> None:
        """Return when all that was written survives a loss of power."""
        ...


class Left(Exception):  # noqa: N818 -- said as it is
    """Nobody wants what is being read any more."""


class Leaving:
    """Another place for a thread that is to end soon after `left` is set, at the next it reads."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.left = Event()

    def read(self, name: str) -> bytes:
        if self.left.is_set():
            raise Left(name)
        return self._place.read(name)

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        self._place.write(name, data, durable=durable)

    def names(self, start: str) -> Iterator[str]:
        return self._place.names(start)

    def remove(self, name: str) -> None:
        self._place.remove(name)

    def settle(self) -> None:
        self._place.settle()


class FolderPlace:
    """A folder; drafts of a try that was killed lie in one folder of their own, and go first."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._drafts = folder / "drafts"

    def read(self, name: str) -> bytes:
        return (self._folder / name).read_bytes()

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        file = self._folder / name
        make_folder(file.parent, 0o700)
        if durable:
            write_whole(file, data, durable=True)
            return
        self._drafts.mkdir(mode=0o700, exist_ok=True)
        draft = self._drafts / file.name
        draft.write_bytes(data)
        draft.replace(file)

    def names(self, start: str) -> Iterator[str]:
        top = self._folder / start
        above = top if top.is_dir() else top.parent
        for folder, inner, files in os.walk(above):
            inner.sort()
            for each in sorted(files):
                name = str(Path(folder, each).relative_to(self._folder))
                if name.startswith(start) and not each.startswith("."):
                    yield name

    def remove(self, name: str) -> None:
        file = self._folder / name
        file.unlink(missing_ok=True)
        with suppress(OSError):  # others are in it
            file.parent.rmdir()

    def settle(self) -> None:
        if self._folder.exists():
            sync_disk(self._folder)

    def tidy(self) -> None:
        """Remove what a try that was killed had begun to write."""
        shutil.rmtree(self._drafts, ignore_errors=True)
        for file in self._folder.rglob(".*"):
            if file.is_file() and _abandoned(file):
                file.unlink(missing_ok=True)


def _abandoned(draft: Path) -> bool:
    """Whether whoever wrote it is gone: its number is the end of the name (`write_whole`).

    The log of a database is written beside this, and its drafts are to stay.
    """
    number = draft.name.rpartition(".")[2]
    with suppress(OSError):
        old = time.time() - draft.stat().st_mtime > LONGEST
        return old or not number.isdigit() or not Path("/proc", number).exists()
    return False


class BucketPlace:
    """A bucket, under one folder of it."""

    def __init__(self, bucket: Bucket, folder: str) -> None:
        self._bucket, self._folder = bucket, folder

    def read(self, name: str) -> bytes:
        return self._bucket.get(f"{self._folder}/{name}")

    def write(self, name: str, data: bytes, *, durable: bool = True) -> None:
        del durable  # an object is kept when it has been answered
        try:
            self._bucket.put(f"{self._folder}/{name}", data)
        except FileNotFoundError:
            self._bucket.make()
            self._bucket.put(f"{self._folder}/{name}", data)

    def names(self, start: str) -> Iterator[str]:
        with suppress(FileNotFoundError):  # the bucket is made with the first write
            for found in self._bucket.objects(f"{self._folder}/{start}"):
                yield found.key.removeprefix(f"{self._folder}/")

    def remove(self, name: str) -> None:
        self._bucket.delete(f"{self._folder}/{name}")

    def settle(self) -> None:
        """Nothing: each was kept when it was answered."""
