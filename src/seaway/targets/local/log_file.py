"""Log file: the file of one instance with its older ones, read forwards and backwards."""

import gzip
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BufferedReader
from pathlib import Path

from seaway.ports.target import Line
from seaway.targets.local.process import errors_file

BLOCK = 65536


def log_paths(folder: Path, *, errors: bool) -> list[Path]:
    """The file of each instance below the folder: of all its lines, or of its errors.

    Where errors have no file of their own they are among all lines.
    """
    every = sorted(folder.glob("*/*.jsonl"))
    logs = [each for each in every if each.name.count(".") == 1]
    if not errors:
        return logs
    own = {errors_file(each) for each in logs} & {*every}
    return sorted([*own, *(each for each in logs if errors_file(each) not in own)])


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFile:
    """A shim's log. `path` is written to; once full it gets the next number as its ending."""

    path: Path
    workload: str
    instance: str

    def older(self) -> dict[int, Path]:
        """Older files by number, without the `.gz` they may have got by now."""
        found: set[int] = set()
        for path in self.path.parent.glob(f"{self.path.name}.*"):
            number, _, packed = path.name[len(self.path.name) + 1 :].partition(".")
            if number.isdigit() and packed in {"", "gz"}:
                found.add(int(number))
        return {number: Path(f"{self.path}.{number}") for number in sorted(found)}


class Cursor:
    """Reads on from where it was, whatever rotates meanwhile. Holds nothing open between reads."""

    def __init__(self, file: LogFile, since: datetime | None = None) -> None:
        self.file = file
        self._since = since
        self._number = 0
        """Of the file it is in: the number that has, or will get when it is full."""
        self._inode = 0
        self._offset = 0

    def rest(self) -> Iterator[bytes]:
        """Whole lines that have not been read yet."""
        while True:
            older = self.file.older()
            for number, path in older.items():
                if number >= self._number:
                    self._enter(number, self._inode)
                    if not self._too_old(path):
                        yield from self._lines_of(_opened(path))
                    self._enter(number + 1, 0)
            current = self._current(older)
            if current is not None:
                yield from self._lines_of(current)
            if max(self.file.older(), default=0) < self._number:
                return

    def backwards(self) -> Iterator[bytes]:
        """Lines from the end to the beginning, the last one first; `rest` goes on from the end."""
        older = self.file.older()
        current = self._current(older)
        while current is None and older != self.file.older():
            older = self.file.older()
            current = self._current(older)
        if current is not None:
            with closing(current):
                self._offset = _last_line_end(current)
                yield from _backwards(current, self._offset)
        for path in reversed(older.values()):
            if self._too_old(path):
                return
            with closing(_opened(path)) as opened:
                yield from reversed(list(opened))

    def _enter(self, number: int, inode: int) -> None:
        """Be in that file: at its start, unless it was in it already."""
        if (number, inode) != (self._number, self._inode):
            self._number, self._inode, self._offset = number, inode, 0

    def _current(self, older: Iterable[int]) -> BufferedReader | None:
        """The file that is written to, if it still comes right after these older ones."""
        number = max(older, default=0) + 1
        try:
            opened = self.file.path.open("rb")
        except OSError:
            self._enter(number, 0)
            return None
        if max(self.file.older(), default=0) + 1 != number:  # rotated between the two
            opened.close()
            return None
        found = os.fstat(opened.fileno())
        if self._number != number or self._inode not in {0, found.st_ino}:
            self._enter(number, found.st_ino)
        self._inode = found.st_ino
        if found.st_size < self._offset:
            self._offset = 0  # where only one file is kept, it is emptied
        return opened

    def _lines_of(self, opened: BufferedReader) -> Iterator[bytes]:
        with closing(opened):
            if self._offset:
                opened.seek(self._offset)
            for line in opened:
                if not line.endswith(b"\n"):
                    return
                self._offset += len(line)
                yield line

    def _too_old(self, path: Path) -> bool:
        """Its last line was written when it was last changed; packing it kept that time."""
        if self._since is None:
            return False
        for candidate in (path, _packed(path)):
            if candidate.exists():
                changed = datetime.fromtimestamp(candidate.stat().st_mtime, UTC)
                return changed < self._since
        return True


def parsed(file: LogFile, raw: Iterable[bytes]) -> Iterator[Line]:
    """Lines of the log; one that nobody can read, as after a power cut, is left out."""
    for each in raw:
        try:
            fields = json.loads(each)
            yield Line(
                at=datetime.fromisoformat(fields["t"]),
                workload=file.workload,
                instance=file.instance,
                stream=fields["s"],
                text=fields["m"],
            )
        except (ValueError, KeyError, TypeError):
            continue


def _packed(path: Path) -> Path:
    return path.with_name(f"{path.name}.gz")


def _opened(path: Path) -> BufferedReader:
    """An older file, which may be packed or removed at this very moment."""
    try:
        return path.open("rb")
    except OSError:
        packed = _packed(path)
    try:
        return BufferedReader(gzip.open(packed))
    except OSError:
        return Path(os.devnull).open("rb")


def _backwards(file: BufferedReader, end: int) -> Iterator[bytes]:
    rest = b""
    while end > 0:
        start = max(end - BLOCK, 0)
        file.seek(start)
        first, *others = (file.read(end - start) + rest).split(b"\n")
        yield from (line for line in reversed(others) if line)
        rest, end = first, start
    if rest:
        yield rest


def _last_line_end(file: BufferedReader) -> int:
    """Where the last whole line ends."""
    size = file.seek(0, os.SEEK_END)
    while size > 0:
        start = max(size - BLOCK, 0)
        file.seek(start)
        found = file.read(size - start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        size = start
    return 0
