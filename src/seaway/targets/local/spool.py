"""Spool: what a process has said and nobody has written down yet, in memory that outlives a pump.

A page of words, and for each stream a ring: a file in memory without a name. The shim fills the
rings, its pump empties them, and either may be killed between any two instructions. A word is
stored whole. How far a ring is filled the kernel knows too: the place in its file moves in the step
that moves the bytes, so that what a killed shim had not come to say is found there. How far the
pump has come is stored aside and then made valid by one word.
"""

from __future__ import annotations

import mmap
import os

STREAMS = ("stdout", "stderr", "seaway")
SEAWAY = 2
"""The stream in which the shim itself speaks."""
SIZE = 1 << 18
"""Bytes kept of each stream: four times the longest line, and as much as pipes hold."""
LONGEST = 65536
"""Bytes of a line; a longer one is cut, and all pieces but the last say `"more":true`."""
READ = 65536
WRITTEN, DROPPED, OVER, VALID = 0, 3, 4, 5
FIRST, SECOND = 8, 24
"""Where the words stand; the last two are the two places for a progress."""
SPLICE_NONBLOCK = 2  # linux/splice.h


class Progress:
    """How far a pump has come; together with the log file it tells the next where to go on."""

    __slots__ = ("doing", "inode", "lost", "size", "taken", "told", "why")

    def __init__(self, words: list[int]) -> None:
        self.taken = words[:3]
        """Bytes of each stream that are in the log, or were given up."""
        self.lost, self.why, self.told, self.inode, self.size, self.doing = words[3:]
        # Lines not kept and not told yet, with the number of the error; dropped lines taken over
        # from the shim; the log file and its size before the write that `doing` says: 0 for none.

    def words(self) -> tuple[int, ...]:
        """In the order in which they are stored."""
        others = (self.lost, self.why, self.told, self.inode, self.size, self.doing)
        return (*self.taken, *others)


class Spool:
    """The rings. `news` wakes the pump, `room` the shim; both are event counters."""

    def __init__(self) -> None:
        self._rings = [os.memfd_create("seaway-log", os.MFD_CLOEXEC) for _ in STREAMS]
        self._words = memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")
        self._words[VALID] = FIRST
        self.news = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self.room = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)

    # -------------------------------------------------------------------------- for who fills it

    def space(self, stream: int) -> int:
        """Bytes that can be put into a ring now."""
        return SIZE - (self._words[WRITTEN + stream] - self._taken(stream))

    def splice(self, stream: int, pipe: int) -> int:
        """Move from a pipe what is there and fits, in one step of the kernel; 0 at its end.

        Raises:
            BlockingIOError: there is nothing.
        """
        ring, written = self._rings[stream], self._words[WRITTEN + stream]
        if not (at := written % SIZE):
            os.lseek(ring, 0, os.SEEK_SET)
        most = min(self.space(stream), SIZE - at, READ)
        count = os.splice(pipe, ring, most, flags=SPLICE_NONBLOCK)
        self._words[WRITTEN + stream] = written + count
        return count

    def put(self, stream: int, data: bytes) -> None:
        """Append; what does not fit is left out."""
        data = data[: self.space(stream)]
        written = self._words[WRITTEN + stream]
        at = written % SIZE
        os.pwrite(self._rings[stream], data[: SIZE - at], at)
        os.pwrite(self._rings[stream], data[SIZE - at :], 0)
        self._written(stream, written + len(data))

    def drop_begun_line(self, stream: int) -> None:
        """Take back a line whose end will not come. A pump takes whole lines, so none has it."""
        written = self._words[WRITTEN + stream]
        start = max(self._taken(stream), written - LONGEST)
        tail = self.text(stream, start, written - start)
        cut = tail.rfind(b"\n") + 1
        if cut:
            self._written(stream, start + cut)
        else:  # a pump may have its start already: end it
            os.pwrite(self._rings[stream], b"\n", (written - 1) % SIZE)

    def dropped(self, lines: int) -> None:
        """Count lines that were thrown away because the rings were full for too long."""
        self._words[DROPPED] += lines

    def end(self) -> None:
        """Nothing more will come: what has no line end is a line too."""
        self._words[OVER] = 1

    # ------------------------------------------------------------------------- for who empties it

    def progress(self) -> Progress:
        """How far it is emptied, by this pump or the one before."""
        at = self._words[VALID]
        return Progress(list(self._words[at : at + 9]))

    def commit(self, progress: Progress) -> None:
        """Store how far it is emptied: all of it or, for who is killed here, nothing."""
        at = FIRST if self._words[VALID] == SECOND else SECOND
        for place, word in enumerate(progress.words(), at):
            self._words[place] = word
        self._words[VALID] = at

    def text(self, stream: int, start: int, most: int) -> bytes:
        """What a ring holds from there."""
        size = min(self._words[WRITTEN + stream] - start, most)
        at = start % SIZE
        first = os.pread(self._rings[stream], min(size, SIZE - at), at)
        if len(first) == size:
            return first
        return first + os.pread(self._rings[stream], size - len(first), 0)

    def inherit(self) -> None:
        """Count what a shim had moved into the rings when it was killed, and had not said."""
        for stream, ring in enumerate(self._rings):
            unsaid = (os.lseek(ring, 0, os.SEEK_CUR) - self._words[WRITTEN + stream]) % SIZE
            if unsaid <= READ:  # else it was taking a line back
                self._words[WRITTEN + stream] += unsaid

    @property
    def thrown_away(self) -> int:
        """All lines ever dropped."""
        return self._words[DROPPED]

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return bool(self._words[OVER])

    # ------------------------------------------------------------------------------------ for both

    def unread(self) -> bool:
        """Whether anything is in it that is not in the log, or was not told there."""
        done = self.progress()
        return (
            bool(done.lost or self._words[DROPPED] - done.told)
            or list(self._words[WRITTEN : WRITTEN + 3]) != done.taken
        )

    def _written(self, stream: int, written: int) -> None:
        os.lseek(self._rings[stream], written % SIZE, os.SEEK_SET)
        self._words[WRITTEN + stream] = written

    def _taken(self, stream: int) -> int:
        """Never what a pump is just storing: it may be killed before that is valid."""
        while True:
            at = self._words[VALID]
            taken = self._words[at + stream]
            if self._words[VALID] == at:
                return taken


def wake(counter: int) -> None:
    """Wake who waits for this counter."""
    os.eventfd_write(counter, 1)


def heard(counter: int) -> None:
    """Forget that it was woken."""
    try:
        os.eventfd_read(counter)
    except BlockingIOError:
        return
