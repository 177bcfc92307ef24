"""Archive: a database's log in a repository: whole segments, and pieces of the one being written.

```
wal/STORE/SYSTEM/TIMELINE/SEGMENT              16 MB, sealed
wal/STORE/SYSTEM/TIMELINE/SEGMENT.START-END    bytes of it in the meantime
wal/STORE/SYSTEM/TIMELINE/head                 up to where it is kept, and when that was all
```
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from seaway.saving.log_positions import SEGMENT, segment_name, segment_of, segment_start
from seaway.saving.repository import Repository
from seaway.saving.sealing import Damaged
from seaway.values import dumped, loaded

LOG = "wal/"
HEAD = "head"
SPANS = 500
"""Times remembered in which it came without a break."""
MARKS = 400
"""Moments remembered: with one a minute that is more than six hours, and then sparser."""


@dataclass(frozen=True, slots=True)
class Mark:
    """All that was committed by `at` is before `position`."""

    at: datetime
    position: int


@dataclass(frozen=True, slots=True)
class Span:
    """A time in which the log came without a break."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """Up to where a log is kept."""

    position: int
    at: datetime
    marks: tuple[Mark, ...] = ()
    """Of moments before, the oldest first."""
    spans: tuple[Span, ...] = ()
    """When it was this history that was written, the oldest first: a restore begins another, and
    one can go back."""

    def after(self, moment: datetime) -> Mark | None:
        """The first that covers a moment; None where it is not known what happened by then."""
        marks = (*self.marks, Mark(self.at, self.position))
        return next((each for each in marks if each.at >= moment), None)

    def moved(self, position: int, at: datetime) -> "Head":
        """With another end; of the marks so far, fewer the older they are."""
        marks = (*self.marks, Mark(self.at, self.position))
        if len(marks) > MARKS:
            half = len(marks) // 2
            marks = (*marks[:half:2], *marks[half:])
        *before, last = self.spans
        spans = (*before, Span(last.first, at))
        return Head(position=position, at=at, marks=marks, spans=spans)

    def broken(self, at: datetime) -> "Head":
        """The same after a break that ended now."""
        return replace(self, spans=(*self.spans, Span(at, at))[-SPANS:])


@dataclass(frozen=True, slots=True)
class Archive:
    """The log of one timeline of one cluster. Blocks the thread it is called in."""

    repository: Repository
    store: str
    system: str
    timeline: int

    @property
    def folder(self) -> str:
        """Where in the repository."""
        return f"{LOG}{self.store}/{self.system}/{self.timeline:08X}/"

    def timelines(self) -> Sequence[str]:
        """Those of the same cluster that there are, but for the first, as their files are named."""
        above = f"{LOG}{self.store}/{self.system}/"
        found = {each.removeprefix(above)[:8] for each in self.repository.place.names(above)}
        return sorted(found - {f"{1:08X}", f"{self.timeline:08X}"})

    def head(self) -> Head | None:
        """Up to where it is kept; None where nothing is.

        Raises:
            Damaged: it is not what was written.
        """
        name = f"{self.folder}{HEAD}"
        try:
            sealed = self.repository.place.read(name)
        except FileNotFoundError:
            return None
        return loaded(Head, self.repository.seal.opened(name, sealed))

    def move(self, head: Head) -> None:
        """Note up to where it is kept; what is before it must be."""
        self._write(HEAD, dumped(head).encode())

    def keep_segment(self, start: int, content: bytes | memoryview) -> None:
        """Keep a whole segment, and forget its pieces."""
        name = segment_name(self.timeline, start)
        self._write(name, content)
        for each in self.repository.place.names(f"{self.folder}{name}."):
            self.repository.place.remove(each)

    def keep_piece(self, start: int, content: bytes | memoryview) -> None:
        """Keep bytes of the segment that is being written."""
        name = segment_name(self.timeline, segment_of(start))
        first = start % SEGMENT
        self._write(f"{name}.{first:07X}-{first + len(content):07X}", content)

    def segments(self, start: int, end: int) -> Iterator[tuple[str, bytes]]:
        """Every segment that holds something of it, whole, the last one filled up with zeros.

        Raises:
            Damaged: something between is missing or not what was written.
        """
        names = self._names()
        for at in range(segment_of(start), end, SEGMENT):
            name = segment_name(self.timeline, at)
            if name in names:
                content = self._read(name)
            else:
                content = self._joined(name, min(end - at, SEGMENT), names[name + "."])
            if len(content) > SEGMENT:
                raise Damaged(self.folder + name)
            yield name, content.ljust(SEGMENT, b"\0")

    def end(self) -> int:
        """Where the log ends: what comes after the head without a gap counts, for it was kept.

        Raises:
            Damaged: there is something, but no head.
        """
        head = self.head()
        if head is None:
            if self._names().whole:
                raise Damaged(self.folder + HEAD)
            return 0
        names = self._names()
        at = head.position
        while (segment := segment_name(self.timeline, segment_of(at))) in names:
            at = segment_of(at) + SEGMENT
        following = [last for _, last in names[segment + "."]]
        return max([at, *(segment_of(at) + last for last in following)])

    def begins_by(self, start: int) -> bool:
        """Whether it goes back to the segment that begins there, or further."""
        names = [each.partition(".")[0] for each in self._names().whole]
        return bool(names) and min(map(segment_start, names)) <= start

    def before(self, start: int) -> Sequence[str]:
        """What holds nothing from there on."""
        return [
            each for each in self.repository.place.names(self.folder)
            if not each.endswith(f"/{HEAD}")
            and segment_start(each.rpartition("/")[2]) + SEGMENT <= start
        ]  # fmt: skip

    def _names(self) -> "_Names":
        return _Names([each.rpartition("/")[2]
                       for each in self.repository.place.names(self.folder)])  # fmt: skip

    def _joined(self, name: str, wanted: int, pieces: Sequence[tuple[int, int]]) -> bytes:
        """From its start to `wanted` without a gap; pieces may overlap after a restart."""
        whole = bytearray()
        for first, last in pieces:
            if first > len(whole):
                break
            if last > len(whole):
                content = self._read(f"{name}.{first:07X}-{last:07X}")
                if len(content) != last - first:
                    raise Damaged(f"{self.folder}{name}.{first:07X}-{last:07X}")
                whole += content[len(whole) - first :]
        if len(whole) < wanted:
            raise Damaged(f"{self.folder}{name} from {len(whole):X} on")
        return bytes(whole)

    def _read(self, name: str) -> bytes:
        whole = f"{self.folder}{name}"
        try:
            return self.repository.seal.opened(whole, self.repository.place.read(whole))
        except FileNotFoundError as error:
            raise Damaged(whole) from error

    def _write(self, name: str, content: bytes | memoryview) -> None:
        whole = f"{self.folder}{name}"
        self.repository.place.write(whole, self.repository.seal.closed(whole, content))


class _Names:
    """Names in the folder of a timeline: segments, and the pieces of each."""

    def __init__(self, names: Sequence[str]) -> None:
        self.whole = {each for each in names if each != HEAD}

    def __contains__(self, name: str) -> bool:
        return name in self.whole

    def __getitem__(self, start: str) -> list[tuple[int, int]]:
        """First and last byte of each piece, in order."""
        found: list[tuple[int, int]] = []
        for each in self.whole:
            if each.startswith(start):
                first, _, last = each.removeprefix(start).partition("-")
                found.append((int(first, 16), int(last, 16)))
        return sorted(found)
