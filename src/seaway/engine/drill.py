"""Drill: what a stack holds, before and after it was restored elsewhere, and how that compares."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from seaway.engine.backup import bucket_names, redis_access, s3_access, superuser
from seaway.engine.reaching import Stores, reached
from seaway.model.backup import Saving
from seaway.model.release import Release
from seaway.saving import redis
from seaway.wire.postgres import Login, connected
from seaway.wire.s3 import Bucket

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
            return await _of_database(_login(superuser(where), release, saving))
        case "redis":
            counts = await asyncio.to_thread(redis.counts, redis_access(where))
            return {name: str(count) for name, count in counts.items()}
        case _:
            access = s3_access(where, release, saving.store)
            names = bucket_names(release, saving.store)
            return await asyncio.to_thread(
                lambda: {
                    f"{name}/{each.key}": f"{each.size} {each.etag}"
                    for name in names for each in Bucket(access, name).objects()
                }
            )  # fmt: skip


async def _of_database(login: Login) -> Content:
    async with connected(login) as session:
        await session.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        tables = [row[0] or "" for row in await session.run(TABLES)]
        found: dict[str, str] = {}
        for table in tables:
            [row] = await session.run(CONTENT.format(table=table))
            found[table] = f"{row[0]} {row[1]}"
        return found


def _login(login: Login, release: Release, saving: Saving) -> Login:
    workload = release.find(saving.store)
    settings: Mapping[str, object] = getattr(workload.program, "settings", {}) if workload else {}
    return replace(login, database=str(settings.get("database", login.database)))


async def dangling(target: Stores, release: Release, saving: Saving) -> Sequence[str]:
    """Objects that rows point to and that are not there, of the references that are declared."""
    found: list[str] = []
    for bucket, query in saving.references.items():
        where = await reached(target, release, saving.store)
        async with connected(_login(superuser(where), release, saving)) as session:
            await session.run("SET default_transaction_read_only = on")
            keys = {row[0] for row in await session.run(query) if row[0]}
        store, _, name = bucket.partition("/")
        access = s3_access(await reached(target, release, store), release, store)
        there = await asyncio.to_thread(
            lambda: {each.key for each in Bucket(access, name).objects()}  # noqa: B023 -- awaited here
        )
        found += [f"{bucket}/{key}" for key in sorted(keys - there)]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """One store after a drill."""

    store: str
    as_of: datetime
    lag: timedelta
    """How much older than the live one it is: what would have been lost."""
    same: int
    """Tables, databases or objects that are as they are live."""
    moved: int
    """Those that changed meanwhile: they cannot be compared."""
    differs: tuple[str, ...] = ()
    dangling: tuple[str, ...] = ()


def compared(before: Content, after: Content, restored: Content) -> tuple[int, int, Iterator[str]]:
    """How many are the same, how many changed meanwhile, and which differ though they did not."""
    still = {key for key in before.keys() & after.keys() if before[key] == after[key]}
    same = sum(1 for key in still if restored.get(key) == before[key])
    moved = len((before.keys() | after.keys()) - still)
    gone = (key for key in sorted(still) if restored.get(key) != before[key])
    return same, moved, gone
