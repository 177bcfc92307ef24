"""JSON lines: what a process said, as the lines of its log with time and stream."""

from __future__ import annotations

import time

from seaway.targets.local.spool import LONGEST

END = b'"}\n'
MORE = b'","more":true}\n'
CONTROLS = tuple((bytes([code]), b"\\u%04x" % code) for code in range(32) if code != 10)  # noqa: PLR2004
"""What JSON does not allow in a string, but for the line end."""
RARE = b"".join(control for control, _ in CONTROLS)


class Stamp:
    """The start of a line, which changes each millisecond."""

    def __init__(self) -> None:
        self._second = -1
        self._clock = ""

    def start(self, stream: str) -> bytes:
        """Up to the quotation mark before the text; equally long for `stdout` and `stderr`."""
        now = time.time()
        second = int(now)
        if second != self._second:
            self._second = second
            self._clock = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))
        milliseconds = int((now - second) * 1000)
        return f'{{"t":"{self._clock}.{milliseconds:03}Z","s":"{stream}","m":"'.encode()


def cut(data: bytes, *, last: bool) -> int:
    """How much of the start makes lines: up to a line end, a piece of a long one, or all at last.

    The same start is always cut in the same way: a pump can go on where another was killed.
    """
    ends = data.rfind(b"\n") + 1
    if ends:
        return ends
    if len(data) > LONGEST:
        return _piece(data)
    return len(data) if last else 0


def cut_after(data: bytes, lines: int) -> int:
    """How much of the start has become that many lines."""
    at = 0
    for _ in range(lines):
        end = data.find(b"\n", at) + 1
        at = end or at + cut(data[at:], last=True)
    return at


def as_lines(start: bytes, data: bytes, *, more: bool = False) -> bytes:
    """What was cut off, as JSON lines that begin with `start`; `more`: of a line that goes on."""
    if not data.endswith(b"\n"):
        return start + escaped(data) + (MORE if more else END)
    text = data.replace(b"\r\n", b"\n")[:-1]
    return start + escaped(text).replace(b"\n", END + start) + END


def escaped(text: bytes) -> bytes:
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
    return '"' + escaped(text.encode(errors="replace")).decode().replace("\n", "\\n") + '"'


def _piece(text: bytes) -> int:
    """As much as one line may hold, not cutting a character of several bytes."""
    at = LONGEST
    while at > LONGEST - 4 and text[at] & 0xC0 == 0x80:  # noqa: PLR2004 -- UTF-8 continuation
        at -= 1
    return at
