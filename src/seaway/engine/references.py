"""References: what rows of one store point to in another, and what of it is not there (D10).

A store says so by its `references`, target to source. The target is `STORE/BUCKET` for objects,
or `STORE/COLLECTION.FIELD`; the source a query of PostgreSQL, or `COLLECTION.FIELD` of MongoDB.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from seaway.engine.access import dumped_server, in_database, s3_access, superuser
from seaway.engine.reaching import Stores, reached
from seaway.model.backup import Saving
from seaway.model.release import Release
from seaway.saving.dumping import dump_of
from seaway.wire.postgres import connected
from seaway.wire.s3 import Bucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointed:
    """What the references of one store lead to."""

    count: int = 0
    """How many different things are pointed to."""
    newer: int = 0
    """Those of which the live store has what they point to: it came after that was saved."""
    dangling: tuple[str, ...] = ()
    """Those that are nowhere."""


async def pointed(target: Stores, live: Stores, release: Release, saving: Saving) -> Pointed:
    """Follow all of them. What leads to a store that others run is not followed."""
    count, newer, dangling = 0, 0, list[str]()
    for there, source in saving.references.items():
        store, _, name = there.partition("/")
        if release.find(store) is None:
            continue
        keys = await _sources(target, release, saving, source)
        found = await _targets(target, release, store, name)
        missing = keys - found
        nowhere = missing - await _targets(live, release, store, name) if missing else missing
        count, newer = count + len(keys), newer + len(missing) - len(nowhere)
        dangling += [f"{there}/{key}" for key in sorted(nowhere)]
    return Pointed(count=count, newer=newer, dangling=tuple(dangling))


async def _sources(target: Stores, release: Release, saving: Saving, source: str) -> set[str]:
    where = await reached(target, release, saving.store)
    if saving.part != "postgres":
        server = dumped_server(where, release, saving.store)
        return await asyncio.to_thread(dump_of(saving.part).values, server, *_field(source))
    login = in_database(superuser(where), release, saving.store)
    async with connected(login) as session:
        await session.run("SET default_transaction_read_only = on")
        return {row[0] for row in await session.run(source) if row[0]}


async def _targets(target: Stores, release: Release, store: str, name: str) -> set[str]:
    where = await reached(target, release, store)
    workload = release.find(store)
    part: str = getattr(workload.program, "part", "") if workload else ""
    if part == "s3":
        bucket = Bucket(s3_access(where, release, store), name)
        return await asyncio.to_thread(lambda: {each.key for each in bucket.objects()})
    server = dumped_server(where, release, store)
    return await asyncio.to_thread(dump_of(part).values, server, *_field(name))


def _field(text: str) -> Sequence[str]:
    """Collection and field; the field may lie deeper."""
    collection, _, field = text.partition(".")
    return collection, field
