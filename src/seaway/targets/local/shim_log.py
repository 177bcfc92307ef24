"""The log file of one process: appended to in whole lines, rotated by size, packed when older."""

from __future__ import annotations

import os
import select
import time

from seaway.targets.local.child import die_with, name_it
from seaway.targets.local.json_lines import Stamp, as_lines
from seaway.targets.local.signals import signal

NICER = 10
KEPT = 0o640


class Log:
    """Writes lines. Older files beside it end in a rising number, and in `.gz` once packed."""

    def __init__(self, path: str, size: int, files: int) -> None:
        self._path = path
        self._limit = size
        self._files = max(files, 1)
        self._fd = -1
        self._place = (0, 0)
        """Disk and number of the open file."""
        self._size = 0
        self._number = 0
        self._waiting: list[str] = []
        self._compressor = 0
        self.compressor_fd = -1
        """Readable once the child that packs an older file has ended; -1 when there is none."""

    def say(self, text: str) -> None:
        """Write a line of Seaway's own, if it can be written."""
        line = as_lines(Stamp().start("seaway"), text.encode())
        try:
            self.ready(len(line))
        except OSError:
            return
        self.append(line)

    def ready(self, coming: int) -> tuple[int, int]:
        """Have room for what comes; return the number of the file and its size.

        Raises:
            OSError: there is none.
        """
        if self._fd >= 0 and not self._has_its_name():
            self.close()
        if self._fd < 0:
            self._open()
        if self._size and self._size + coming > self._limit:
            self._rotate()
        return self._place[1], self._size

    def append(self, batch: bytes) -> tuple[bytes, int]:
        """Append whole lines; return those that could not be written, and the error's number.

        A torn line is taken back: readers see whole ones.
        """
        written, number = 0, 0
        try:
            while written < len(batch):
                written += os.write(self._fd, batch[written:] if written else batch)
        except OSError as error:
            number = error.errno or 0
            written = batch.rfind(b"\n", 0, written) + 1
            self._cut(self._size + written)
        self._size += written
        if number:
            self.close()  # another file may have its name by now, on a disk that works
        return batch[written:], number

    def lines_after(self, inode: int, size: int, start: bytes) -> int:
        """Count the lines after that size which start so, if it is the same file; end it whole.

        Raises:
            OSError: it cannot be read or mended.
        """
        if self._fd < 0:
            self._open()
        if self._place[1] != inode or self._size <= size:
            return 0
        with open(self._path, "rb") as file:
            file.seek(size)
            tail = file.read(self._size - size)
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            os.ftruncate(self._fd, size + whole)
            self._size = size + whole
        at = len('{"t":"2026-01-01T00:00:00.000Z",')
        return sum(line.startswith(start, at) for line in tail[:whole].splitlines())

    def close(self) -> None:
        """Close the file; writing opens it again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    # ------------------------------------------------------------------------------- older files

    def compressed(self) -> None:
        """The compressor has ended: remove what is too old, and start the next one."""
        os.waitpid(self._compressor, 0)
        os.close(self.compressor_fd)
        self._compressor, self.compressor_fd = 0, -1
        self._prune()
        self._compress()

    def await_compressor(self, limit: float) -> None:
        """Give it so many seconds; a file that stays as it is can be read too."""
        deadline = time.monotonic() + limit
        while self._compressor:
            poll = select.poll()
            poll.register(self.compressor_fd, select.POLLIN)
            if not poll.poll(max(deadline - time.monotonic(), 0) * 1000):
                os.kill(self._compressor, signal.SIGKILL)
                self._waiting.clear()
            self.compressed()
        self.tidy()

    def pack_what_was_left(self) -> None:
        """Pack the files that a killed pump did not come to."""
        self._waiting = [path for path in self.tidy() if not path.endswith(".gz")]
        self._compress()

    def tidy(self) -> list[str]:
        """Remove what a killed compressor left half done; return the paths of the older files."""
        paths = [path for _, path in sorted(self._older())]
        for path in paths:
            if path.endswith(".part"):
                _remove(path)
        return [path for path in paths if not path.endswith(".part")]

    # -------------------------------------------------------------------------------------- steps

    def _has_its_name(self) -> bool:
        """Whether nobody removed it, or the whole folder, or put another in its place."""
        try:
            found = os.stat(self._path)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._place

    def _open(self) -> None:
        folder = os.path.dirname(self._path)
        os.makedirs(folder, 0o750, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._fd = os.open(self._path, flags, KEPT)
        found = os.fstat(self._fd)
        self._place, self._size = (found.st_dev, found.st_ino), found.st_size
        self._number = max((number for number, _ in self._older()), default=0)

    def _cut(self, size: int) -> None:
        try:
            os.ftruncate(self._fd, size)
        except OSError:
            return  # of a disk that takes nothing any more, and has taken nothing

    def _rotate(self) -> None:
        if self._files == 1:
            os.ftruncate(self._fd, 0)
            self._size = 0
            return
        older = f"{self._path}.{self._number + 1}"
        os.rename(self._path, older)
        self._number += 1
        self.close()
        self._waiting.append(older)
        self._prune()  # first: a new file may need the room
        self._compress()
        self._open()

    def _older(self) -> list[tuple[int, str]]:
        """Numbers and paths of the older files."""
        folder, name = os.path.split(self._path)
        try:
            entries = os.listdir(folder)
        except OSError:
            return []
        found: list[tuple[int, str]] = []
        for entry in entries:
            if entry.startswith(name + "."):
                number = entry[len(name) + 1 :].partition(".")[0]
                if number.isdigit():
                    found.append((int(number), f"{folder}/{entry}"))
        return found

    def _prune(self) -> None:
        for number, path in self._older():
            if number <= self._number - (self._files - 1):
                _remove(path)

    def _compress(self) -> None:
        """Pack one older file in a child, so that lines are written meanwhile."""
        while self._waiting and not self._compressor:
            path = self._waiting.pop(0)
            if not os.path.exists(path):
                continue
            pump = os.getpid()
            try:
                self._compressor = os.fork()
            except OSError:
                return  # too many processes: it stays as it is, readers take both
            if not self._compressor:
                _compress(path, pump)
            self.compressor_fd = os.pidfd_open(self._compressor)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _compress(path: str, pump: int) -> None:
    """Pack a file and end this process."""
    status = 1
    try:
        name_it(b"seaway-pack")
        die_with(pump)  # the next pump begins again
        os.closerange(3, 256)
        os.nice(NICER)
        _gzip(path)
        status = 0
    except OSError:
        _remove(path + ".gz.part")
    finally:
        os._exit(status)


def _gzip(path: str) -> None:
    import zlib  # noqa: PLC0415 -- only this child pays for it

    gzip_format = 31
    packer = zlib.compressobj(6, zlib.DEFLATED, gzip_format)
    part = path + ".gz.part"
    with open(path, "rb") as plain, open(part, "wb") as packed:
        while block := plain.read(1 << 20):
            packed.write(packer.compress(block))
        packed.write(packer.flush())
        packed.flush()
        os.fsync(packed.fileno())
        found = os.fstat(plain.fileno())
        os.fchmod(packed.fileno(), KEPT)
    os.utime(part, ns=(found.st_atime_ns, found.st_mtime_ns))  # readers skip by age
    os.rename(part, path + ".gz")
    os.unlink(path)
