"""Receiving: the log of a database goes into its archive as it is written."""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seaway.ports.clock import Clock
from seaway.saving.archive import Archive, Gap, Head, Mark
from seaway.saving.log_positions import SEGMENT, segment_of
from seaway.saving.postgres import (
    System,
    Written,
    confirm,
    log_from,
    make_slot,
    moment,
    replicating,
    system,
)
from seaway.saving.repository import Repository
from seaway.wire.postgres import Connection, Login, Refused, connected

SLOT = "seaway_backup"
GONE = "58P01"
"""SQLSTATE of a log that the server has no more."""
PAUSE = timedelta(seconds=1)
"""Between two pieces of a busy log: so much of it is lost with the machine, at most."""
LIFE = timedelta(seconds=5)
"""After so long without anything new it is noted that there was nothing new."""


@dataclass(slots=True)
class Receiver:
    """Follows one database on one connection; whoever calls it begins again where it ended."""

    repository: Repository
    store: str
    clock: Clock
    pause: timedelta = PAUSE
    """0 for a database that waits for the archive before it acknowledges."""
    begun: Callable[[System], None] = lambda _: None
    """Told when the log of a cluster and timeline begins to come."""
    _segment: bytearray = field(default_factory=bytearray)
    """From the start of the segment that is being written on."""
    _start: int = 0
    _kept: int = 0
    """Up to where it is in the archive."""
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    async def follow(self, login: Login) -> None:
        """Return when the timeline ends.

        Raises:
            Refused: the server has the log no more, or would not.
            OSError: the server or the archive is not there.
        """
        async with replicating(login) as session, connected(login) as questions:
            who = await system(session)
            await make_slot(session, SLOT)
            archive = Archive(self.repository, self.store, who.id, who.timeline)
            head = await asyncio.to_thread(archive.head)
            resumed = archive.resumption
            end = await asyncio.to_thread(resumed) if head else segment_of(who.position)
            if head:
                await asyncio.to_thread(archive.witness, head.number)
            self._start, self._kept, self._segment = segment_of(end), end, bytearray()
            self.begun(who)
            keeper = asyncio.create_task(self._keep(archive, head, (session, questions)))
            try:
                await self._read(session, who, keeper)
            except Refused as refused:
                await _ended(keeper)
                if head and refused.state == GONE:
                    await asyncio.to_thread(self._leap, archive, segment_of(who.position))
                raise
            finally:
                await _ended(keeper)

    def _leap(self, archive: Archive, again: int) -> None:
        """The log goes on from where the server has it; what is between is lost."""
        if head := archive.head():
            archive.move(head.jumped(Gap(self._kept, again)))

    async def _read(
        self, session: Connection, who: System, keeper: asyncio.Task[None]
    ) -> None:  # fmt: skip
        async for written in log_from(session, SLOT, who.timeline, self._start):
            self._take(written)
            while len(self._segment) >= 2 * SEGMENT and not keeper.done():  # noqa: ASYNC110 -- as below
                await asyncio.sleep(0.01)  # seldom: the archive is slower than the server
            if keeper.done():
                await keeper

    def _take(self, written: Written) -> None:
        at = written.start - self._start
        if written.data and at != len(self._segment):
            raise ConnectionError(f"a hole in the log at {written.start:X}")
        self._segment += written.data
        self._more.set()

    async def _keep(
        self, archive: Archive, head: Head | None, sessions: tuple[Connection, Connection]
    ) -> None:  # fmt: skip
        """Keep what has come, again and again; the server is told only of what is kept."""
        session, questions = sessions
        asked, fresh = list[Mark](), True
        while True:
            await self._waited()
            if not asked or self.clock.now() - asked[-1].at >= PAUSE:
                asked.append(Mark(*await moment(questions)))
            before = self._kept
            await self._keep_all(archive)
            known = [each for each in asked if each.position <= self._kept]
            if known and (self._kept > before or _stale(head, known[-1])):
                head = _moved(head, self._kept, known[-1].at, fresh=fresh)
                fresh = False
                await asyncio.to_thread(archive.move, head)
                asked = [each for each in asked if each.at > known[-1].at]
            confirm(session, self._kept, self.clock.now)
            await asyncio.sleep(self.pause.total_seconds())

    async def _waited(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(PAUSE.total_seconds()):
                await self._more.wait()
        self._more.clear()

    async def _keep_all(self, archive: Archive) -> None:
        """Whole segments as such, and of the one that is being written on what is new."""
        while len(self._segment) >= SEGMENT:
            content = bytes(self._segment[:SEGMENT])
            await asyncio.to_thread(archive.keep_segment, self._start, content)
            self._start += SEGMENT
            del self._segment[:SEGMENT]
            self._kept = max(self._kept, self._start)
        end = self._start + len(self._segment)
        if end > self._kept:
            content = bytes(self._segment[self._kept - self._start :])
            await asyncio.to_thread(archive.keep_piece, self._kept, content)
            self._kept = end


async def _ended(keeper: asyncio.Task[None]) -> None:
    keeper.cancel()
    with suppress(asyncio.CancelledError):
        await keeper


def _stale(head: Head | None, mark: Mark) -> bool:
    return head is None or mark.at - head.at >= LIFE


def _moved(head: Head | None, position: int, at: datetime, *, fresh: bool) -> Head:
    if head is None:
        return Head(position=position, at=at).broken(at)
    return (head.broken(at) if fresh else head).moved(position, at)
