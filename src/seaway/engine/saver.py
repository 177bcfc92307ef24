"""Saver: saves a stack as long as it runs: logs as they are written, the rest when it is due."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seaway.engine.access import superuser
from seaway.engine.reaching import Stores, reached
from seaway.errors import SeawayError
from seaway.model.backup import SavedStore, Saving
from seaway.model.release import Release
from seaway.plan.saving import continuous, drill_due, due
from seaway.ports.clock import Clock
from seaway.ports.ledger import Event, Ledger
from seaway.saving.checking import ARCHIVED, archive_of
from seaway.saving.log_positions import position
from seaway.saving.postgres import System
from seaway.saving.receiving import GONE, PAUSE, SLOT, Receiver
from seaway.saving.repository import Repository
from seaway.saving.sealing import Damaged
from seaway.wire.postgres import Refused, connected

AGAIN = timedelta(seconds=1)
LONGEST = timedelta(minutes=1)
"""Pauses after a failure: doubled each time."""
LOST = "55000"
"""SQLSTATE of a slot that has been given up, for the disk was filling."""
REMEMBERED = timedelta(minutes=1)
LOOK = timedelta(seconds=1)
"""Between two looks at what is due."""
STARTED, FAILED, HOLE = "SW858", "SW857", "SW859"


@dataclass(slots=True, kw_only=True)
class Saver:
    """Runs until it is cancelled, or something else is wanted."""

    release: Release
    ledger: Ledger
    target: Stores
    clock: Clock
    repositories: Callable[[Saving], Awaitable[Repository]]
    save: Callable[[Sequence[str]], Awaitable[None]]
    """Takes a backup of those stores."""
    drill: Callable[[], Awaitable[None]]
    drilled: datetime
    """When a drill was held last, or this began to look where none was."""
    _chains: dict[str, System] = field(default_factory=dict[str, System])
    """By store: the cluster and timeline whose log is being kept."""
    _known: dict[str, tuple[System | None, datetime, datetime | None]] = field(
        default_factory=dict[str, tuple[System | None, datetime, datetime | None]]
    )
    """By store: for which chain and when it was looked up when it was saved last."""
    _failed: dict[str, tuple[timedelta, datetime]] = field(
        default_factory=dict[str, tuple[timedelta, datetime]]
    )
    """By what: the pause after the last failure, and not before when it is tried again."""

    async def run(self) -> None:
        """Save until the ledger wants another release; the caller begins anew with that."""
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(self._receive(each))
                for each in self.release.savings if continuous(each)
            ]  # fmt: skip
            while self._still_wanted():
                await self._save_due()
                await self._drill_due()
                await self.clock.sleep_until(self.clock.now() + LOOK)
            for each in tasks:
                each.cancel()

    def _still_wanted(self) -> bool:
        wanted = self.ledger.wanted()
        return wanted is not None and wanted.number == self.release.number

    # ------------------------------------------------------------------------------- the log

    async def _receive(self, saving: Saving) -> None:
        """Follow it for ever; what stops it is told, and tried again."""
        pause = AGAIN
        while True:
            began = self.clock.now()
            try:
                await self._follow(saving)
            except (OSError, EOFError, SeawayError, Refused, Damaged) as error:
                self._chains.pop(saving.store, None)
                if isinstance(error, Refused) and error.state in {GONE, LOST}:
                    await self._renew(saving)
                self._tell_failure(saving.store, error)
            pause = AGAIN if self.clock.now() - began > LONGEST else min(pause * 2, LONGEST)
            await self.clock.sleep_until(self.clock.now() + pause)

    async def _follow(self, saving: Saving) -> None:
        repository = await self.repositories(saving)
        where = await reached(self.target, self.release, saving.store)

        def begun(who: System) -> None:
            self._chains[saving.store] = who
            now = self.clock.now()
            facts = {"store": saving.store, "at": f"{now:%Y-%m-%d %H:%M:%S} UTC"}
            self.ledger.tell(Event(at=now, code=STARTED, facts=facts))

        waits = saving.rpo == timedelta(0)
        receiver = Receiver(
            repository, saving.store, self.clock, timedelta(0) if waits else PAUSE, begun
        )
        await receiver.follow(superuser(where))

    async def _renew(self, saving: Saving) -> None:
        """What the server has given up cannot be had any more: begin anew, with a new backup."""
        where = await reached(self.target, self.release, saving.store)
        async with connected(superuser(where)) as session:
            await session.run(f"SELECT pg_drop_replication_slot('{SLOT}')")
        self._known.pop(saving.store, None)
        self.ledger.tell(Event(at=self.clock.now(), code=HOLE, facts={"store": saving.store}))

    # ---------------------------------------------------------------------------- what is due

    async def _save_due(self) -> None:
        now = self.clock.now()
        names = [each.store for each in self.release.savings if await self._due(each, now)]
        if not names:
            return
        try:
            await self.save(names)
            for name in names:
                self._failed.pop(name, None)
                self._known.pop(name, None)
        except (OSError, SeawayError) as error:
            for name in names:
                pause = min(self._failed.get(name, (AGAIN, now))[0] * 2, LONGEST * 10)
                self._failed[name] = pause, self.clock.now() + pause
            self._tell_failure(", ".join(names), error)

    async def _drill_due(self) -> None:
        self.drilled = min(self.drilled, self.clock.now())  # which may have been set back
        times = [drill_due(each, self.drilled) for each in self.release.savings]
        if not any(each is not None and each <= self.clock.now() for each in times):
            return
        self.drilled = self.clock.now()
        try:
            await self.drill()
        except (OSError, SeawayError) as error:
            self._tell_failure("drill", error)

    async def _due(self, saving: Saving, now: datetime) -> bool:
        pause, until = self._failed.get(saving.store, (AGAIN, now))
        if now < until <= now + pause:  # else the clock was set back
            return False
        if continuous(saving) and saving.store not in self._chains:
            return False  # its log first: then any moment after the backup can be had
        return due(saving, await self._last(saving), now) <= now

    async def _last(self, saving: Saving) -> datetime | None:
        """When it was saved last; None where no backup leads to its present history.

        Looked up now and then only: others take backups too, but seldom.
        """
        chain, now = self._chains.get(saving.store), self.clock.now()
        known = self._known.get(saving.store)
        if known is None or known[0] != chain or not now - REMEMBERED <= known[1] <= now:
            repository = await self.repositories(saving)
            last = await asyncio.to_thread(self._newest, repository, saving)
            known = self._known[saving.store] = (chain, now, last)
        return known[2]

    def _newest(self, repository: Repository, saving: Saving) -> datetime | None:
        """One that a clock dates ahead does not count: until then there would be no other."""
        chain = self._chains.get(saving.store)
        times = [
            store.at for backup in repository.readable()
            if (store := backup.find(saving.store))
            and (chain is None or _continues(repository, store, chain))
        ]  # fmt: skip
        now = self.clock.now()
        return max((each for each in times if each <= now), default=None)

    def _tell_failure(self, store: str, error: Exception) -> None:
        problem = str(error)
        if isinstance(error, SeawayError):
            problem = str(error.facts.get("problem") or error.code)
        facts = {"store": store, "problem": problem or type(error).__name__}
        self.ledger.tell(Event(at=self.clock.now(), code=FAILED, facts=facts))


def _continues(repository: Repository, store: SavedStore, chain: System) -> bool:
    """Whether the log that is being kept goes on from it, and without a gap."""
    told = (store.facts.get("system"), store.facts.get("timeline"))
    if told != (chain.id, str(chain.timeline)) or not store.facts.get(ARCHIVED):
        return False
    try:
        head, start = archive_of(repository, store).head(), position(store.facts["start"])
    except Damaged:
        return True  # whoever follows it says so
    return head is None or head.reach(start, head.position) == head.position
