"""Drill: what a stack holds, and how that compares with what was restored elsewhere."""

import asyncio
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta

from seaway.engine.access import (
    bucket_names,
    dumped_server,
    in_database,
    redis_access,
    s3_access,
    superuser,
)
from seaway.engine.reaching import Stores, reached
from seaway.journey import Both
from seaway.model.backup import SavedFile, SavedStore, Saving
from seaway.model.release import Release
from seaway.saving import buckets, redis
from seaway.saving.dumping import DUMPS, dump_of
from seaway.wire.postgres import Login, connected
from seaway.wire.s3 import Access, Bucket

TABLES = """
SELECT format('%I.%I', schemaname, tablename) FROM pg_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'seaway') ORDER BY 1
"""
CONTENT = """
SELECT count(*), coalesce(sum(('x' || substr(md5(t::text), 1, 15))::bit(60)::bigint::numeric), 0)
FROM {table} t
"""
"""Of a table: how many rows, and a sum over what is in them, whatever their order."""

Content = Mapping[str, str]
"""Of one store: table, numbered database or object, and something that tells what is in it."""


async def content(target: Stores, release: Release, saving: Saving) -> Content:
    """What a store holds now."""
    where = await reached(target, release, saving.store)
    match saving.part:
        case "postgres":
            return await database_content(in_database(superuser(where), release, saving.store))
        case "redis":
            counts = await asyncio.to_thread(redis.counts, redis_access(where))
            return {name: str(count) for name, count in counts.items()}
        case "s3":
            access = s3_access(where, release, saving.store)
            names = bucket_names(release, saving.store)
            return await asyncio.to_thread(
                lambda: {
                    f"{name}/{each.key}": f"{each.size} {each.etag}"
                    for name in names for each in Bucket(access, name).objects()
                }
            )  # fmt: skip
        case other:
            dump = await asyncio.to_thread(dump_of, other)
            server = dumped_server(where, release, saving.store)
            return await asyncio.to_thread(dump.contents, server)


async def database_content(login: Login) -> Content:
    """Of one database: each table with its rows and a sum over what is in them."""
    async with connected(login) as session:
        await session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        tables = [row[0] or "" for row in await session.run(TABLES)]
        found: dict[str, str] = {}
        for table in tables:
            [row] = await session.run(CONTENT.format(table=table))
            found[table] = f"{row[0]} {row[1]}"
        return found


def saved_content(store: SavedStore) -> Content | None:
    """What must be there, by what was read when it was saved.

    None for what only the live one tells: a database, which is brought further by its log, and a
    Redis.
    """
    if store.part in DUMPS:
        return {each.path: each.digest for each in store.files}
    if store.part != "s3":
        return None
    newest: dict[str, SavedFile] = {}
    for each in sorted(store.files, key=lambda one: int(one.facts.get(buckets.ORDER, "0"))):
        newest[each.path] = each
    return {
        path: each.digest for path, each in newest.items() if not each.facts.get(buckets.DELETED)
    }  # fmt: skip


async def restored_content(target: Stores, release: Release, saving: Saving) -> Content:
    """What a restored store holds, in the words of `saved_content`: of objects, every byte."""
    if saving.part != "s3":
        return await content(target, release, saving)
    access = s3_access(await reached(target, release, saving.store), release, saving.store)
    names = bucket_names(release, saving.store)
    return await asyncio.to_thread(_digests, access, names)


def _digests(access: Access, names: Sequence[str]) -> Content:
    found: dict[str, str] = {}
    with ThreadPoolExecutor(buckets.AT_ONCE) as pool:
        for name in names:
            bucket = Bucket(access, name)
            keys = [each.key for each in bucket.objects()]
            for key, body in zip(keys, pool.map(bucket.get, keys), strict=True):
                found[f"{name}/{key}"] = hashlib.sha256(body).hexdigest()
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One store after a drill."""

    store: str
    part: str
    size: int
    """Bytes that were restored."""
    as_of: datetime
    lag: timedelta
    """How much older than the live one it is: what would have been lost."""
    same: int
    """Tables, databases, collections or objects that are as they should be."""
    moved: int
    """Those that changed meanwhile: they cannot be compared."""
    differs: tuple[str, ...] = ()
    references: int = 0
    """Different things in other stores that it points to."""
    newer: int = 0
    """Those of them that came after the other store was saved: within what may be lost."""
    dangling: tuple[str, ...] = ()
    """Those that are nowhere."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A line of the journey that was tried on what was restored."""

    id: str
    says: Both
    passed: bool
    seen: Both
    took: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Toured:
    """The journey of a drill; without lines where the stack has none for it."""

    lines: tuple[Tried, ...] = ()
    real: tuple[str, ...] = ()
    """Services of others that are not simulated: for them nothing was tried."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """A whole one."""

    stack: str
    environment: str
    release: int
    began: datetime
    took: timedelta
    """Until all stores served what they held."""
    rows: tuple[Compared, ...]
    tour: Toured = Toured()

    def problems(self, savings: Sequence[Saving]) -> tuple[str, ...]:
        """Goals that were missed, and content that is not what it should be."""
        goals: Mapping[str, Saving] = {each.store: each for each in savings}
        stores = (
            problem for row in self.rows for problem in _problems(row, goals[row.store], self.took)
        )  # fmt: skip
        lines = (
            f"journey {each.id}: {each.seen.en}" for each in self.tour.lines if not each.passed
        )  # fmt: skip
        return (*stores, *lines)


NAMED = 5
"""So many of what differs are named."""


def _problems(row: Compared, goal: Saving, took: timedelta) -> Iterator[str]:
    if goal.rpo is not None and row.lag > max(goal.rpo, timedelta(seconds=1)):
        yield f"{row.store}: rpo {row.lag.total_seconds():.1f} s"
    if goal.rto is not None and took > goal.rto:
        yield f"{row.store}: rto {took.total_seconds():.1f} s"
    yield from (f"{row.store}: {each} differs" for each in row.differs[:NAMED])
    yield from (f"{row.store}: {each} is missing" for each in row.dangling[:NAMED])


def compared(before: Content, after: Content, restored: Content) -> tuple[int, int, Iterator[str]]:
    """How many are the same, how many changed meanwhile, and which differ though they did not."""
    still = {key for key in before.keys() & after.keys() if before[key] == after[key]}
    same = sum(1 for key in still if restored.get(key) == before[key])
    moved = len((before.keys() | after.keys()) - still)
    gone = (key for key in sorted(still) if restored.get(key) != before[key])
    return same, moved, gone


def exactly(saved: Content, restored: Content) -> tuple[int, tuple[str, ...]]:
    """How many are the same, and which are not, or are there and should not be."""
    wrong = [
        key for key in saved.keys() | restored.keys() if saved.get(key) != restored.get(key)
    ]  # fmt: skip
    return sum(1 for key in saved if restored.get(key) == saved[key]), tuple(sorted(wrong))
