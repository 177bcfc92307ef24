"""Restore: chooses what is given back, fills empty stores with it, and sees that they hold it."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Protocol

from seaway.engine.access import (
    bucket_names,
    dumped_server,
    redis_access,
    s3_access,
    superuser,
)
from seaway.engine.reaching import Stores, reached
from seaway.errors import SeawayError, UsageError
from seaway.model.backup import OWN, Backup, SavedStore
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.workload import Role, Workload
from seaway.ports.target import Fills, Reached
from seaway.saving import buckets, giving_back, redis
from seaway.saving.archive import Archive, Head
from seaway.saving.checking import ARCHIVED, archive_of
from seaway.saving.dumping import DUMPS, Server, dump_of
from seaway.saving.giving_back import Until
from seaway.saving.log_positions import position, shown
from seaway.saving.packing import Unpacker
from seaway.saving.places import Leaving
from seaway.saving.repository import BACKUPS, Repository, moment
from seaway.saving.sealing import Damaged
from seaway.wire.postgres import Connection, connected
from seaway.wire.s3 import Access as S3Access
from seaway.wire.s3 import Bucket

MOMENT = "%Y%m%d_%H%M%S"
ZONES = timedelta(days=2)
"""By more than that two names differ only where one backup is the older: schedules have zones."""
SLACK = 1 << 20
"""Bytes at the end of a log that may be the beginning of a record: it was being written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What a person asked for: a backup, a moment, or neither for all there is."""

    backup: str = ""
    at: datetime | None = None
    stores: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One store, and what it is filled with."""

    store: SavedStore
    backup: Backup
    until: Until = Until()
    as_of: datetime
    """The moment whose content it will hold."""


@dataclass(frozen=True, slots=True)
class Choice:
    """All that is given back."""

    parts: tuple[Part, ...]
    own: Backup
    """Where Seaway's own knowledge is taken from."""

    @property
    def stores(self) -> frozenset[Name]:
        """Their workloads."""
        return frozenset(each.store.store for each in self.parts)


def choose(repository: Repository, wish: Wish, expected: Collection[str] = ()) -> Choice:
    """What fits the wish; blocks the thread.

    An old backup that is damaged or missing is no reason against a newer one, unless one of the
    `expected` stores is in no other.

    Raises:
        UsageError: there is no such backup, or none so old.
        SeawayError: SW838, what would be needed is damaged or missing.
    """
    try:
        return _chosen(repository, wish, expected)
    except Damaged as damaged:
        raise SeawayError("SW838", what=str(damaged)) from damaged


def _chosen(repository: Repository, wish: Wish, expected: Collection[str]) -> Choice:
    if wish.backup:
        backup = repository.backup(wish.backup)
        mine = [each for each in backup.stores if each.store != OWN]
        parts = [Part(store=each, backup=backup, as_of=each.at) for each in _asked(mine, wish)]
        return Choice(tuple(parts), backup)
    backups, lost = repository.looked_through()
    if not backups and not lost:
        raise UsageError("SW840")
    found = _by_store(backups, wish.at)
    if not found.keys() - {OWN}:
        if lost:
            raise Damaged(f"{BACKUPS}{lost[-1]}")
        raise UsageError("SW841", at=_shown(wish.at), oldest=_shown(backups[0].ended))
    names = _asked([each[-1][1] for name, each in found.items() if name != OWN], wish)
    parts = [_part(repository, found[each.store], wish) for each in names]
    for each in lost:
        _refuse_doubt(each, parts, set(expected) - found.keys())
    return Choice(tuple(parts), found[OWN][-1][0] if OWN in found else backups[-1])


def _by_store(
    backups: Sequence[Backup], at: datetime | None
) -> Mapping[str, Sequence[tuple[Backup, SavedStore]]]:  # fmt: skip
    """Those of each store up to a moment, the oldest first."""
    found: dict[str, list[tuple[Backup, SavedStore]]] = {}
    for backup in backups:
        for store in backup.stores:
            if at is None or store.at <= at:
                found.setdefault(store.store, []).append((backup, store))
    return found


def _refuse_doubt(lost: str, parts: Sequence[Part], missing: Collection[str]) -> None:
    """Return if nothing that was chosen can be older than a backup that cannot be read.

    Raises:
        Damaged: it may hold what was asked for.
    """
    with suppress(ValueError):
        begun = datetime.strptime(moment(lost), MOMENT)  # noqa: DTZ007 -- of an unknown zone
        oldest = min(datetime.strptime(moment(each.backup.name), MOMENT) for each in parts)  # noqa: DTZ007
        if not missing and begun + ZONES < oldest:
            return
    raise Damaged(f"{BACKUPS}{lost}")


def _asked(stores: Sequence[SavedStore], wish: Wish) -> Iterator[SavedStore]:
    known = {each.store for each in stores}
    for name in wish.stores:
        if name not in known:
            raise UsageError("SW842", store=name, known=", ".join(sorted(known)))
    yield from (each for each in stores if not wish.stores or each.store in wish.stores)


def _part(
    repository: Repository, found: Sequence[tuple[Backup, SavedStore]], wish: Wish
) -> Part:  # fmt: skip
    """The newest of them, with the log after it where there is one.

    Raises:
        UsageError: what happened up to the moment is not known.
        Damaged: there should be a log, and there is none.
    """
    chains = {
        archive_of(repository, store): (backup, store)
        for backup, store in found if store.facts.get(ARCHIVED)
    }  # fmt: skip
    if not chains:
        backup, store = found[-1]
        return Part(store=store, backup=backup, as_of=store.at)
    archive = _written(chains, wish.at)
    backup, store = chains[archive]
    head, end = _headed(archive), archive.end()
    if wish.at is None:
        until = Until(position=end)
        return Part(store=store, backup=backup, until=until, as_of=max(head.at, store.at))
    mark = head.after(wish.at)
    if mark is None:
        raise UsageError("SW843", at=_shown(wish.at), newest=_shown(head.at))
    until = Until(moment=wish.at, position=max(mark.position, position(store.facts["end"]) + 1))
    return Part(store=store, backup=backup, until=until, as_of=wish.at)


def _written(chains: Iterable[Archive], at: datetime | None) -> Archive:
    """The history that was being written then, or last.

    Raises:
        UsageError: another began after a break in which the moment is.
    """
    heads = {archive: _headed(archive) for archive in chains}
    if at is None:
        return max(heads, key=lambda each: heads[each].at)
    spans = sorted(
        ((span, archive) for archive, head in heads.items() for span in head.spans),
        key=lambda each: each[0].first,
    )  # fmt: skip
    before = [each for each in spans if each[0].first <= at]
    later = [each for each in spans if each[0].first > at]
    if not before:
        return (later or spans)[0][1]  # after the backup, and before its log was looked at
    span, archive = before[-1]
    if span.last < at and later and later[0][1] != archive:
        raise UsageError("SW843", at=_shown(at), newest=_shown(span.last))
    return archive


def _headed(archive: Archive) -> Head:
    """Raises Damaged: there is none."""
    head = archive.head()
    if head is None:
        raise Damaged(archive.folder)
    return head


def _shown(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC" if moment else "-"


# -------------------------------------------------------------------------------------- filling


class Place(Stores, Fills, Protocol):
    """A target whose stores can be filled and spoken to."""


def only_stores(release: Release, names: frozenset[Name], *, stack: Name) -> Release:
    """The release with nothing but those stores, each with a single member."""
    kept = tuple(
        replace(each, replicas=1, following=None) for each in release.workloads
        if each.role is Role.STORE and each.name in names
    )  # fmt: skip
    plain = replace(release, stack=stack, workloads=kept, savings=(), number=0)
    return replace(plain, routing=type(plain.routing)(), why="restore")


def whole(release: Release, stack: str) -> Release:
    """All of it as a copy: one instance of each service, nothing at set times, nothing saved.

    No authority of the world is asked for a certificate for it.
    """
    kept = tuple(
        replace(each, replicas=1, scaling=None) if each.role is Role.SERVICE else each
        for each in release.workloads if each.role is not Role.SCHEDULE
    )  # fmt: skip
    sites = tuple(
        each if each.tls == "off" else replace(each, tls="local", certificate="", acme=None)
        for each in release.routing.sites
    )  # fmt: skip
    copy = replace(release, stack=Name(stack), workloads=kept, savings=())
    routing = replace(release.routing, sites=sites)
    return replace(copy, routing=routing, number=0, created=None, why="drill")


@dataclass(frozen=True, slots=True, kw_only=True)
class Giver:
    """Fills stores from a repository."""

    repository: Repository
    target: Place
    lasting: bool = False
    """Whether it goes on in the place of what was saved, and not beside it."""

    async def fill(self, release: Release, choice: Choice) -> None:
        """Fill the volumes of what starts on files; nothing may run yet.

        Raises:
            SeawayError: SW838, something is missing or not what was written.
        """
        for part in choice.parts:
            workload = release.find(part.store.store)
            if workload is None:
                raise UsageError("SW842", store=part.store.store, known="-")
            await self._fill(workload, part)

    async def _fill(self, workload: Workload, part: Part) -> None:
        folder = await self.target.empty(workload)
        try:
            await self._read(partial(self._filled, folder, part))
        except Damaged as damaged:
            raise SeawayError("SW838", what=str(damaged)) from damaged
        await self.target.filled(workload)

    async def _read(self, work: Callable[[Repository], None]) -> None:
        """Work in a thread. Cancelled, it has ended before this does: nothing is written after."""
        place = Leaving(self.repository.place)
        repository = replace(self.repository, place=place)
        working = asyncio.ensure_future(asyncio.to_thread(work, repository))
        try:
            await asyncio.shield(working)
        except asyncio.CancelledError:
            place.left.set()
            await asyncio.wait((working,))
            if not working.cancelled():
                working.exception()  # whatever it ended with: nobody waits for that
            raise

    def _filled(self, folder: Path, part: Part, repository: Repository) -> None:
        unpacker = Unpacker(repository)
        match part.store.part:
            case "postgres":
                archive = archive_of(repository, part.store)
                giving_back.fill_postgres(
                    folder, part.store, part.until, unpacker, archive, lasting=self.lasting
                )
            case "redis":
                giving_back.fill_redis(folder, part.store, unpacker)
            case _:
                return  # by its own protocol, once it runs

    async def finish(self, release: Release, choice: Choice) -> None:
        """Tell those stores what they hold that must run for it.

        Raises:
            SeawayError: SW838, as above; SW837, the server refused.
        """
        for part in choice.parts:
            if part.store.part not in {"s3", *DUMPS}:
                continue
            where = await reached(self.target, release, part.store.store)
            try:
                await self._read(partial(self._told, release, part, where))
            except Damaged as damaged:
                raise SeawayError("SW838", what=str(damaged)) from damaged
            except OSError as error:
                raise SeawayError("SW837", store=part.store.store, problem=str(error)) from error

    @staticmethod
    def _told(release: Release, part: Part, where: Reached, repository: Repository) -> None:
        store, unpacker = part.store, Unpacker(repository)
        if store.part == "s3":
            access = s3_access(where, release, store.store)
            buckets.give_back(access, store.files, unpacker)
        else:
            server = dumped_server(where, release, store.store)
            dump_of(store.part).give_back(server, store.files, unpacker)


async def looked_at(target: Stores, release: Release, choice: Choice) -> None:
    """See that each store answers and holds what it should.

    Raises:
        SeawayError: SW856, one does not.
    """
    for part in choice.parts:
        where = await reached(target, release, part.store.store)
        match part.store.part:
            case "postgres":
                async with connected(superuser(where)) as session:
                    problem = await _database_problem(session, part)
            case "redis":
                await asyncio.to_thread(redis.counts, redis_access(where))
                problem = ""
            case "s3":
                access = s3_access(where, release, part.store.store)
                names = bucket_names(release, part.store.store)
                problem = await asyncio.to_thread(_objects_problem, access, names, part.store)
            case _:
                server = dumped_server(where, release, part.store.store)
                problem = await asyncio.to_thread(_dump_problem, server, part.store)
        if problem:
            raise SeawayError("SW856", store=part.store.store, problem=problem)


async def _database_problem(session: Connection, part: Part) -> str:
    """It must be its own master by now, with all of the log that it was given."""
    [row] = await session.run("SELECT pg_is_in_recovery()")
    if row != ("f",):
        return "it is still in recovery"
    if part.until.moment is not None or not part.until.position:
        return ""
    names = await session.run("SELECT name FROM pg_ls_waldir() WHERE name LIKE '%.history'")
    newest = max(row[0] or "" for row in names)
    [[text]] = await session.run(f"SELECT pg_read_file('pg_wal/{newest}')")
    got = position((text or "").strip().splitlines()[-1].split()[1])
    if part.until.position - got > SLACK:
        return f"its log was replayed up to {shown(got)} of {shown(part.until.position)}"
    return ""


def _dump_problem(server: Server, store: SavedStore) -> str:
    """All of it, read anew, has the digest that it had when it was saved."""
    saved = {each.path: each.digest for each in store.files}
    there = dump_of(store.part).contents(server)
    wrong = [path for path in saved.keys() | there.keys() if saved.get(path) != there.get(path)]
    return f"{len(wrong)} collections differ, {min(wrong)} among them" if wrong else ""


def _objects_problem(access: S3Access, names: Sequence[str], store: SavedStore) -> str:
    """As many objects and bytes as were saved."""
    newest: dict[str, int] = {}
    for file in sorted(store.files, key=lambda each: int(each.facts.get(buckets.ORDER, "0"))):
        newest.pop(file.path, None)
        if not file.facts.get(buckets.DELETED):
            newest[file.path] = file.size
    there = {
        f"{name}/{each.key}": each.size for name in names for each in Bucket(access, name).objects()
    }  # fmt: skip
    wrong = [path for path in newest.keys() | there.keys() if newest.get(path) != there.get(path)]
    return f"{len(wrong)} objects differ, {min(wrong)} among them" if wrong else ""
