"""Archive: a database's log in a repository: whole segments, and pieces of the one being written.

```
wal/STORE/SYSTEM/TIMELINE/SEGMENT              16 MB, sealed
wal/STORE/SYSTEM/TIMELINE/SEGMENT.START-END    bytes of it in the meantime
wal/STORE/SYSTEM/TIMELINE/head                 up to where it is kept, and when that was all
wal/STORE/SYSTEM/TIMELINE/witness              which head that was: an older one is not taken for it
```
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from seaway.saving.ahead import ahead
from seaway.saving.log_positions import SEGMENT, segment_name, segment_of, segment_start
from seaway.saving.repository import Repository
from seaway.saving.sealing import Damaged
from seaway.values import dumped, loaded

LOG = "wal/"
HEAD, WITNESS = "head", "witness"
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


@dataclass(frozen=True, slots=True)
class Gap:
    """What the server had let go of before it was kept: positions."""

    lost: int
    again: int
    """From where on it is kept again."""


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
    gaps: tuple[Gap, ...] = ()
    """Through these no restore leads."""
    number: int = 0
    """Which head this is. The witness of it is written after it; 0 has none."""

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
        return replace(
            self, position=position, at=at, marks=marks, spans=spans, number=self.number + 1
        )  # fmt: skip

    def jumped(self, gap: Gap) -> "Head":
        """The same after the server has let go of something."""
        gaps = (*self.gaps, gap)[-SPANS:]
        return replace(self, position=gap.again, gaps=gaps, number=self.number + 1)

    def reach(self, start: int, end: int) -> int:
        """How far the log leads without a gap from a position on."""
        return min([each.lost for each in self.gaps if each.again > start], default=end)

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

    def reserve(self) -> None:
        """Let it be known which timeline a server takes that is promoted from here.

        Before it runs: what is brought back again at once, before any of its log is kept, takes
        another one then.
        """
        used, number = {int(each, 16) for each in self.timelines()}, self.timeline + 1
        while number in used:
            number += 1
        replace(self, timeline=number).witness(0)

    def head(self) -> Head | None:
        """Up to where it is kept; None where nothing is.

        Raises:
            Damaged: it is not what was written.
        """
        name, before = f"{self.folder}{HEAD}", self._witnessed()
        try:
            sealed = self.repository.place.read(name)
        except FileNotFoundError:
            return None
        head = loaded(Head, self.repository.seal.opened(name, sealed))
        if head.number < before or self._witnessed() < head.number - 1:
            raise Damaged(name)  # an older one has been put in place of one of them
        return head

    def _witnessed(self) -> int:
        """The number of the last head, or of the one before it where the power failed."""
        try:
            return int(self._read(WITNESS))
        except Damaged:
            if f"{self.folder}{WITNESS}" in set(self.repository.place.names(self.folder)):
                raise
            return 0

    def witness(self, number: int) -> None:
        """Let it be known which head this is: before the next one, and after each."""
        self._write(WITNESS, b"%d" % number)

    def move(self, head: Head) -> None:
        """Note up to where it is kept; what is before it must be."""
        self._write(HEAD, dumped(head).encode())
        self.witness(head.number)

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

        def segment(at: int) -> tuple[str, bytes]:
            name = segment_name(self.timeline, at)
            content = self._segment(name, min(end - at, SEGMENT), names)
            if len(content) > SEGMENT:
                raise Damaged(self.folder + name)
            return name, content.ljust(SEGMENT, b"\0")

        yield from ahead(segment, range(segment_of(start), end, SEGMENT))

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

    def resumption(self) -> int:
        """From where on to keep it: its end, or the start of that segment where that is missing.

        A history that had no backup any more, and whose log was let go, may come back: then what
        its head says it holds is not there.

        Raises:
            Damaged: as `end`.
        """
        end = self.end()
        start, held = segment_of(end), 0
        for first, last in self._names()[segment_name(self.timeline, start) + "."]:
            if first > held:
                break
            held = max(held, last)
        return end if start + held >= end else start

    def begins_by(self, start: int) -> bool:
        """Whether it goes back to the segment that begins there, or further."""
        names = [each.partition(".")[0] for each in self._names().whole]
        return bool(names) and min(map(segment_start, names)) <= start

    def before(self, start: int) -> Sequence[str]:
        """What holds nothing from there on."""
        return [
            each for each in self.repository.place.names(self.folder)
            if (name := each.rpartition("/")[2]) not in {HEAD, WITNESS}
            and segment_start(name) + SEGMENT <= start
        ]  # fmt: skip

    def doubled(self) -> Sequence[str]:
        """Pieces of segments that are there as a whole: whoever kept those was killed then."""
        names = self._names()
        return [
            f"{self.folder}{each}" for each in sorted(names.whole)
            if "." in each and each.partition(".")[0] in names
        ]  # fmt: skip

    def _names(self) -> "_Names":
        return _Names([each.rpartition("/")[2]
                       for each in self.repository.place.names(self.folder)])  # fmt: skip

    def _segment(self, name: str, wanted: int, names: "_Names") -> bytes:
        if name in names:
            return self._read(name)
        try:
            return self._joined(name, wanted, names[name + "."])
        except Damaged:
            if name not in self._names():
                raise
            return self._read(name)  # it became whole, and its pieces went, while we looked

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
        self.whole = set(names) - {HEAD, WITNESS}

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
