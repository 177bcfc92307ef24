"""Backup: takes one of some stores, checks it by reading it back, and lets old ones go."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from zoneinfo import ZoneInfo

from seaway import __version__
from seaway.engine.access import (
    bucket_names,
    dumped_server,
    redis_access,
    s3_access,
    superuser,
    version_of,
)
from seaway.engine.reaching import Stores, reached
from seaway.errors import SeawayError
from seaway.model.backup import OWN, Backup, SavedStore, Saving
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.plan.retention import Dated, superfluous
from seaway.ports.clock import Clock
from seaway.ports.target import Reached
from seaway.saving import buckets, redis
from seaway.saving.checking import ARCHIVED, archive_of, checked
from seaway.saving.dumping import dump_of
from seaway.saving.letting_go import loose_logs
from seaway.saving.log_positions import segment_of, shown
from seaway.saving.packing import Packer
from seaway.saving.postgres import base_backup, replicating, system
from seaway.saving.repository import BACKUPS, Repository
from seaway.saving.sealing import Damaged
from seaway.wire.postgres import Refused

ORDER = {"postgres": 0, "mongo": 1, "redis": 2, "milvus": 3, "s3": 4}
"""Rows point to objects and vectors: what is pointed to is saved after what points to it."""
TRIES = 2
"""A block of an older backup that is found damaged is written anew at the second try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of it."""

    backup: Backup
    written: int
    """Bytes that were new, as they lie there."""
    removed: tuple[str, ...] = ()
    """Older backups that nothing needed any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taker:
    """Takes backups into one repository. One at a time: the caller sees to that."""

    repository: Repository
    target: Stores
    clock: Clock
    own: Mapping[str, bytes] = field(repr=False)
    """Seaway's own knowledge of the stack, by name of file."""

    async def take(self, release: Release, savings: Sequence[Saving]) -> Taken:
        """Save those stores and Seaway's own knowledge; then let go of what is too old.

        Raises:
            SeawayError: SW837, a store could not be saved; nothing counts then, and nothing older
                was touched. SW838, an older one cannot be read: nothing was let go of.
        """
        for left in reversed(range(TRIES)):
            try:
                return await self._take(release, savings)
            except Damaged as damaged:
                if not left or str(damaged).startswith(BACKUPS):  # another would find the same
                    raise SeawayError("SW838", what=str(damaged)) from damaged
                await asyncio.to_thread(self._forget_block, str(damaged))
        raise AssertionError

    def _forget_block(self, name: str) -> None:
        """It is of no use to any backup any more; the content is at hand to write it anew."""
        if name.startswith("blocks/"):
            self.repository.place.remove(name)

    async def _take(self, release: Release, savings: Sequence[Saving]) -> Taken:
        began = self.clock.now()
        parent = await asyncio.to_thread(self._parent)
        known = set(await asyncio.to_thread(self.repository.block_names))
        stores: list[SavedStore] = []
        with Packer(self.repository, known) as packer:
            for each in sorted(savings, key=lambda one: (ORDER.get(one.part, 9), one.store)):
                stores += [await self._saved(release, each, packer, parent)]
            stores.append(await asyncio.to_thread(self._own_store, packer))
            written = packer.written
        backup = Backup(
            name=await self._name(release, savings), stack=release.stack,
            environment=release.environment, began=began, ended=self.clock.now(),
            stores=tuple(stores), seaway=__version__, release=release.number,
            parent=parent.name if parent else "",
        )  # fmt: skip
        await asyncio.to_thread(self._record, backup)
        removed = await asyncio.to_thread(self._retain, savings)
        return Taken(backup=backup, written=written, removed=removed)

    async def _saved(
        self, release: Release, saving: Saving, packer: Packer, parent: Backup | None
    ) -> SavedStore:  # fmt: skip
        before = parent.find(saving.store) if parent else None
        at = self.clock.now()  # before it is asked: what comes meanwhile may be in it or not
        try:
            where = await reached(self.target, release, saving.store)
            match saving.part:
                case "postgres":
                    return await self._postgres(saving, where, packer)
                case "redis":
                    access = redis_access(where)
                    files = await asyncio.to_thread(redis.snapshot, access, packer)
                case "s3":
                    files = await asyncio.to_thread(
                        buckets.objects, s3_access(where, release, saving.store),
                        bucket_names(release, saving.store), packer, before.files if before else (),
                    )  # fmt: skip
                case other:
                    dump = await asyncio.to_thread(dump_of, other)
                    server = dumped_server(where, release, saving.store)
                    files = await asyncio.to_thread(dump.snapshot, server, packer)
        except (Refused, OSError, EOFError) as error:
            problem = str(error) or type(error).__name__
            raise SeawayError("SW837", store=saving.store, problem=problem) from error
        return SavedStore(
            store=saving.store, part=saving.part, version=version_of(release, saving.store),
            at=at, files=files,
        )  # fmt: skip

    async def _postgres(self, saving: Saving, where: Reached, packer: Packer) -> SavedStore:
        async with replicating(superuser(where)) as session:
            who = await system(session)
            base = await base_backup(session, "seaway", packer)
        facts = {
            "system": who.id, "timeline": str(base.timeline),
            "start": shown(base.start), "end": shown(base.end),
        }  # fmt: skip
        store = SavedStore(
            store=saving.store, part=saving.part, version="", at=self.clock.now(),
            files=base.files, facts=facts,
        )  # fmt: skip
        archive = archive_of(self.repository, store)
        if await asyncio.to_thread(archive.begins_by, segment_of(base.start)):
            facts[ARCHIVED] = "yes"
        return store

    def _own_store(self, packer: Packer) -> SavedStore:
        for path, content in self.own.items():
            packer.add(path, BytesIO(content))
        return SavedStore(
            store=Name(OWN), part=OWN, version=__version__, at=self.clock.now(),
            files=packer.files(),
        )  # fmt: skip

    def _record(self, backup: Backup) -> None:
        """Only what has been read back counts."""
        self.repository.place.settle()
        checked(self.repository, backup)
        self.repository.record(backup)

    def _parent(self) -> Backup | None:
        """The newest one that can be read."""
        return next(reversed(list(self.repository.readable())), None)

    async def _name(self, release: Release, savings: Sequence[Saving]) -> str:
        """`shop_backup_20261130_020000`, in the time zone of the schedule; each only once."""
        start = next((each.name for each in savings if each.name), release.stack)
        zone = ZoneInfo(savings[0].zone) if savings else ZoneInfo("UTC")
        there = set(await asyncio.to_thread(self.repository.names))
        while True:
            name = f"{start}_backup_{self.clock.now().astimezone(zone):%Y%m%d_%H%M%S}"
            if name not in there:
                return name
            await self.clock.sleep_until(self.clock.now() + timedelta(milliseconds=200))

    def _retain(self, savings: Sequence[Saving]) -> tuple[str, ...]:
        """Let go of old backups, of the log before the oldest that stays, and of loose blocks."""
        backups = tuple(self.repository.backups())
        gone = removable(backups, savings, self.clock)
        self.repository.remove(sorted(gone))
        kept = [each for each in backups if each.name not in gone]
        for each in list(loose_logs(self.repository, kept)):
            self.repository.place.remove(each)
        self.repository.sweep()
        return tuple(sorted(gone))


def removable(backups: Sequence[Backup], savings: Sequence[Saving], clock: Clock) -> frozenset[str]:
    """Backups that no store needs any more. What is not among `savings` keeps all of its own."""
    needed: set[str] = set()
    rules = {each.store: each for each in savings}
    for name in {store.store for backup in backups for store in backup.stores} - {OWN}:
        mine = [(backup, store) for backup in backups if (store := backup.find(name))]
        rule = rules.get(name)
        gone: frozenset[str] = frozenset()
        if rule:
            dated = [_dated(backup, store) for backup, store in mine]
            gone = superfluous(dated, rule.keep, rule.point_in_time, clock.now())
        needed |= {backup.name for backup, _ in mine} - gone
    return frozenset(each.name for each in backups) - needed


def _dated(backup: Backup, store: SavedStore) -> Dated:
    chain = f"{store.facts.get('system', '')}/{store.facts.get('timeline', '')}"
    return Dated(name=backup.name, at=store.at, chain=chain)
