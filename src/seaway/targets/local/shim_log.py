"""The log of one process, written by its shim: JSON lines, rotated by size, never in the way."""

from __future__ import annotations

import os
import time

from seaway.targets.local.signals import signal

LONGEST = 65536
"""Bytes of a line; a longer one is cut, and all pieces but the last say `"more":true`."""
END = b'"}\n'
MORE = b'","more":true}\n'
CONTROLS = tuple((bytes([code]), b"\\u%04x" % code) for code in range(32) if code != 10)  # noqa: PLR2004
"""What JSON does not allow in a string, but for the line end."""
RARE = b"".join(control for control, _ in CONTROLS)
NICER = 10


class Log:
    """Writes lines; what cannot be written is counted, and said as soon as it can be.

    Older files beside it end in a rising number, and in `.gz` once they are compressed.
    """

    def __init__(self, path: str, size: int, files: int) -> None:
        self._path = path
        self._limit = size
        self._files = max(files, 1)
        self._fd = -1
        self._size = 0
        self._number = 0
        self._lost = 0
        self._why = ""
        self._second = -1
        self._clock = ""
        self._rests = {"stdout": b"", "stderr": b""}
        self.compressor = 0
        """Pid of the child that compresses an older file; 0 when there is none."""
        self._waiting: list[str] = []

    def feed(self, stream: str, data: bytes) -> None:
        """Write the lines in what a stream gave; keep what has no end yet."""
        data = self._rests[stream] + data
        cut = data.rfind(b"\n") + 1
        rest = data[cut:]
        if cut:
            self._write(self._lines(stream, data[:cut].replace(b"\r\n", b"\n")[:-1]))
        while len(rest) > LONGEST:
            piece = _piece(rest)
            self._write(self._start(stream) + _escaped(piece) + MORE)
            rest = rest[len(piece) :]
        self._rests[stream] = rest

    def finish(self, stream: str) -> None:
        """The stream is at its end: write what had no end yet."""
        rest, self._rests[stream] = self._rests[stream], b""
        if rest:
            self._write(self._lines(stream, rest))

    def say(self, text: str) -> None:
        """Write a line of our own about the process."""
        self._write(self._start("seaway") + _escaped(text.encode()) + END)

    def close(self) -> None:
        """Say what was lost, if it can be said by now, and close the file."""
        if self._lost:
            self._write(b"")
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def compressed(self) -> None:
        """The compressor has ended: start the next one, and remove what is too old."""
        self.compressor = 0
        self._prune()
        self._compress()

    def _lines(self, stream: str, text: bytes) -> bytes:
        """Whole lines as JSON. The first may be too long: it can hold what was kept."""
        start = self._start(stream)
        pieces = b""
        while text.find(b"\n", 0, LONGEST + 1) < 0 and len(text) > LONGEST:
            piece = _piece(text)
            pieces += start + _escaped(piece) + MORE
            text = text[len(piece) :]
        return pieces + start + _escaped(text).replace(b"\n", END + start) + END

    def _start(self, stream: str) -> bytes:
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        milliseconds = int((now - second) * 1000)
        return f'{{"t":"{self._clock}.{milliseconds:03}Z","s":"{stream}","m":"'.encode()

    def _write(self, batch: bytes) -> None:
        """Append whole lines. Those for which there is no room are counted, never waited for."""
        unwritten = batch
        try:
            self._make_room(len(batch))
            if not self._lost or not self._append(self._note()):
                self._lost = 0
                unwritten = self._append(batch)
        except OSError as error:
            self._why = error.strerror or "unknown"
        self._lost += unwritten.count(b"\n")

    def _note(self) -> bytes:
        text = f"{self._lost} lines were not kept: {self._why}"
        return self._start("seaway") + _escaped(text.encode()) + END

    def _append(self, batch: bytes) -> bytes:
        """Return what could not be written. A torn line is taken back: readers see whole ones."""
        written = 0
        try:
            while written < len(batch):
                written += os.write(self._fd, batch[written:] if written else batch)
        except OSError as error:
            self._why = error.strerror or "unknown"
            written = batch.rfind(b"\n", 0, written) + 1
            os.ftruncate(self._fd, self._size + written)
        self._size += written
        return batch[written:]

    def _make_room(self, coming: int) -> None:
        """Have an open file that still has a name, and rotate it when it would grow too large."""
        if self._fd >= 0 and os.fstat(self._fd).st_nlink == 0:
            os.close(self._fd)  # someone removed it, or the whole folder
            self._fd = -1
        if self._fd < 0:
            self._open()
        if self._size and self._size + coming > self._limit:
            self._rotate()

    def _open(self) -> None:
        folder = os.path.dirname(self._path)
        os.makedirs(folder, 0o750, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._fd = os.open(self._path, flags, 0o640)
        self._size = os.fstat(self._fd).st_size
        self._number = max((number for number, _ in self._older()), default=0)

    def _rotate(self) -> None:
        if self._files == 1:
            os.ftruncate(self._fd, 0)
            self._size = 0
            return
        older = f"{self._path}.{self._number + 1}"
        os.rename(self._path, older)
        self._number += 1
        os.close(self._fd)
        self._fd = -1
        self._waiting.append(older)
        self._prune()
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
        """Compress one older file in a child, so that the pipe is read meanwhile."""
        while self._waiting and not self.compressor:
            path = self._waiting.pop(0)
            if not os.path.exists(path):
                continue
            try:
                self.compressor = os.fork()
            except OSError:
                return  # too many processes: it stays as it is, readers take both
            if not self.compressor:
                _compress(path)


def _escaped(text: bytes) -> bytes:
    """The inside of a JSON string, but for line ends; what is not UTF-8 becomes U+FFFD."""
    try:
        text.decode()
    except UnicodeDecodeError:
        text = text.decode(errors="replace").encode()
    text = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    if len(text.translate(None, RARE)) != len(text):
        for control, escape in CONTROLS:
            text = text.replace(control, escape)
    return text


def quoted(text: str) -> str:
    """A JSON string."""
    return '"' + _escaped(text.encode(errors="replace")).decode().replace("\n", "\\n") + '"'


def _piece(text: bytes) -> bytes:
    """As much of the start as one line may hold, not cutting a character of several bytes."""
    cut = LONGEST
    while cut > LONGEST - 4 and text[cut] & 0xC0 == 0x80:  # noqa: PLR2004 -- UTF-8 continuation
        cut -= 1
    return text[:cut]


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        return


def _compress(path: str) -> None:
    """Compress a file and end this process."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.closerange(3, 256)  # the pipes are not ours: their reader is the shim
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
        os.fchmod(packed.fileno(), 0o640)
    os.utime(part, ns=(found.st_atime_ns, found.st_mtime_ns))  # readers skip by age
    os.rename(part, path + ".gz")
    os.unlink(path)
