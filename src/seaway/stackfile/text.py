"""The bytes of a stack file as text, or what is wrong with them; and lines and columns in it."""

import codecs
import re
import stat
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seaway.errors import InvalidStack
from seaway.model.finding import Finding, Place
from seaway.stackfile.limits import LARGEST

_BREAK = re.compile(r"\r\n|\r|\n")
_UNPRINTABLE = re.compile(
    r"[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"),
)  # fmt: skip


@dataclass(frozen=True)
class Source:
    """A text, and who said it."""

    text: str
    file: str
    origin: str = "file"

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(found.end() for found in _BREAK.finditer(self.text))]

    def place(self, index: int) -> Place:
        """Line and column of a character, counted from 1; the end for what lies behind it."""
        index = max(0, min(index, len(self.text)))
        line = bisect_right(self._starts, index)
        column = index - self._starts[line - 1] + 1
        return Place(file=self.file, line=line, column=column, origin=self.origin)

    def line_start(self, index: int) -> int:
        """Where the line of a character begins."""
        return self._starts[bisect_right(self._starts, max(0, min(index, len(self.text)))) - 1]


def load(path: Path) -> Source:
    """The text of a file.

    Raises:
        InvalidStack: it is not there, cannot be read, is too large, or is not UTF-8.
    """
    try:
        if stat.S_ISDIR(path.stat().st_mode):
            raise _stop("SW102", str(path))
        if not stat.S_ISREG(path.stat().st_mode):
            raise _stop("SW103", str(path), reason="not a plain file")
        with path.open("rb") as opened:
            content = opened.read(LARGEST + 1)
    except FileNotFoundError:
        raise _stop("SW101", str(path)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise _stop("SW103", str(path), reason=reason) from error
    return decoded(content, str(path))


def decoded(content: bytes, file: str) -> Source:
    """The bytes as text; a byte order mark of UTF-8 is passed over.

    Raises:
        InvalidStack: too large, not UTF-8, or with characters that cannot be seen.
    """
    if len(content) > LARGEST:
        raise _stop("SW104", file, limit="1 MiB")
    if encoding := next((name for mark, name in _MARKS if content.startswith(mark)), ""):
        raise _stop("SW106", file, encoding=encoding)
    content = content.removeprefix(codecs.BOM_UTF8)
    try:
        source = Source(content.decode("utf-8"), file)
    except UnicodeDecodeError as error:
        before = Source(content[: error.start].decode("utf-8"), file)
        at = before.place(error.start)
        facts = {"encoding": f"0x{content[error.start]:02x}"}
        raise InvalidStack([Finding(code="SW106", at=at, facts=facts)]) from None
    return checked(source)


def checked(source: Source) -> Source:
    """The same text.

    Raises:
        InvalidStack: it has a character that cannot be seen, such as NUL.
    """
    if found := _UNPRINTABLE.search(source.text):
        facts = {"character": f"U+{ord(found[0]):04X}"}
        raise InvalidStack([Finding(code="SW107", at=source.place(found.start()), facts=facts)])
    return source


def _stop(code: str, file: str, **facts: object) -> InvalidStack:
    at = Place(file=file, line=1, column=1) if code in {"SW104", "SW106"} else Place(file=file)
    return InvalidStack([Finding(code=code, at=at, facts={"file": file, **facts})])
