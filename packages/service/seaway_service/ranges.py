"""Reads the Range header (RFC 9110, section 14)."""

import re
from dataclasses import dataclass

ONE_RANGE = re.compile(r"bytes=[ \t]*(\d{0,18})-(\d{0,18})[ \t]*", re.IGNORECASE)


class UnsatisfiableRangeError(Exception):
    """No byte of the file is in the range."""


@dataclass(frozen=True, slots=True)
class Span:
    """The bytes from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def length(self) -> int:
        """How many bytes that is."""
        return self.last - self.first + 1

    def content_range(self, size: int) -> str:
        """Return the Content-Range of a 206 response."""
        return f"bytes {self.first}-{self.last}/{size}"


def span(header: str | None, size: int) -> Span | None:
    """Return the part asked for, or None where the whole file is to be sent.

    A header that is malformed, or asks for several ranges, may be ignored (section 14.2).

    Raises:
        UnsatisfiableRangeError: the range is well formed and outside of the file.
    """
    match = ONE_RANGE.fullmatch(header or "")
    if not match or not (match[1] or match[2]):
        return None
    if not match[1]:
        return suffix(int(match[2]), size)
    first, last = int(match[1]), int(match[2] or size - 1)
    if match[2] and last < first:
        return None  # malformed by section 14.1.1
    if first >= size:
        raise UnsatisfiableRangeError
    return Span(first, min(last, size - 1))


def suffix(length: int, size: int) -> Span:
    """Return the last `length` bytes."""
    if length == 0 or size == 0:
        raise UnsatisfiableRangeError
    return Span(max(size - length, 0), size - 1)
