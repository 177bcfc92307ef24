"""Writes into the stores of a running system, each counted once the store has acknowledged it."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pymongo import MongoClient

from seaway import wiring
from seaway.engine.access import (
    bucket_names,
    dumped_server,
    in_database,
    redis_access,
    s3_access,
    superuser,
)
from seaway.engine.reaching import reached
from seaway.model.backup import Saving
from seaway.wire.postgres import connected
from seaway.wire.redis import logged_in
from seaway.wire.s3 import Bucket

NAME = "acknowledged"
"""Of the table, collection or keys that hold what is written."""
LEAST = 50
"""Writes that each store has acknowledged before it is over."""
Where = Any
"""An address with its passwords."""


@dataclass
class Acknowledged:
    """What each store said it has."""

    state: Path
    stack: str
    counts: dict[str, int] = field(default_factory=dict)

    def savings(self) -> tuple[Saving, ...]:
        release = wiring.open_ledger(self._folder).wanted()
        assert release
        return release.savings

    @property
    def _folder(self) -> wiring.StateFolder:
        return wiring.StateFolder(self.state / self.stack)

    async def _reached(self, saving: Saving) -> tuple[Any, Where]:
        release = wiring.open_ledger(self._folder).wanted()
        target = wiring.open_target(self._folder, self.stack)
        return release, await reached(target, release, saving.store)

    @contextmanager
    def written(self) -> Iterator[None]:
        """Written to all of them as long as the block runs, and at least so often."""
        ended = threading.Event()
        savings = self.savings()
        threads = [threading.Thread(target=self._write, args=(each, ended)) for each in savings]
        for each in threads:
            each.start()
        try:
            yield
            while len(self.counts) < len(savings) or min(self.counts.values()) < LEAST:
                time.sleep(0.05)
        finally:
            ended.set()
            for each in threads:
                each.join(60)

    def _write(self, saving: Saving, ended: threading.Event) -> None:
        release, where = asyncio.run(self._reached(saving))
        self.counts[saving.store] = 0
        for _ in WRITERS[saving.part](release, saving, where):
            self.counts[saving.store] += 1
            if ended.is_set():
                return

    def lost(self) -> dict[str, int]:
        """Of each store: how many it has no more."""
        found = {each.store: self._count(each) for each in self.savings()}
        return {store: count - found.get(store, 0) for store, count in self.counts.items()}

    def _count(self, saving: Saving) -> int:
        release, where = asyncio.run(self._reached(saving))
        return int(COUNTERS[saving.part](release, saving, where))


def into_postgres(release: Any, saving: Saving, where: Where) -> Iterator[None]:
    loop = asyncio.new_event_loop()
    context = connected(in_database(superuser(where), release, saving.store))
    session = loop.run_until_complete(context.__aenter__())
    try:
        loop.run_until_complete(session.run(f"CREATE TABLE {NAME} (n serial)"))
        while True:
            loop.run_until_complete(session.run(f"INSERT INTO {NAME} DEFAULT VALUES"))
            yield
    finally:
        loop.run_until_complete(context.__aexit__(None, None, None))
        loop.close()


def in_postgres(release: Any, saving: Saving, where: Where) -> int:
    async def count() -> str | None:
        async with connected(in_database(superuser(where), release, saving.store)) as session:
            [row] = await session.run(f"SELECT count(*) FROM {NAME}")  # noqa: S608 -- ours
            return row[0]

    return int(asyncio.run(count()) or 0)


def into_redis(_release: Any, _saving: Saving, where: Where) -> Iterator[None]:
    with logged_in(redis_access(where)) as session:
        while True:
            session.ask("INCR", NAME)
            yield


def in_redis(_release: Any, _saving: Saving, where: Where) -> int:
    with logged_in(redis_access(where)) as session:
        return int(str(session.ask("GET", NAME) or 0))


def _bucket(release: Any, saving: Saving, where: Where) -> Bucket:
    return Bucket(s3_access(where, release, saving.store), bucket_names(release, saving.store)[0])


def into_s3(release: Any, saving: Saving, where: Where) -> Iterator[None]:
    bucket, number = _bucket(release, saving, where), 0
    while True:
        number += 1
        bucket.put(f"{NAME}/{number}", b"x" * 1000)
        yield


def in_s3(release: Any, saving: Saving, where: Where) -> int:
    return sum(
        each.key.startswith(f"{NAME}/") for each in _bucket(release, saving, where).objects()
    )


@contextmanager
def _mongo(release: Any, saving: Saving, where: Where) -> Iterator[Any]:
    server = dumped_server(where, release, saving.store)
    first: Any = MongoClient(server.host, server.port, username="root", password=server.password,
                             directConnection=True)  # fmt: skip
    with first:
        leads = first.admin.command("hello")["primary"]
    client: Any = MongoClient(f"mongodb://{leads}", username="root", password=server.password,
                              directConnection=True, w="majority")  # fmt: skip
    with client:
        yield client[server.database][NAME]


def into_mongo(release: Any, saving: Saving, where: Where) -> Iterator[None]:
    with _mongo(release, saving, where) as table:
        while True:
            table.insert_one({})
            yield


def in_mongo(release: Any, saving: Saving, where: Where) -> int:
    with _mongo(release, saving, where) as table:
        return int(table.count_documents({}))


def _milvus(where: Where) -> Any:
    from pymilvus import MilvusClient  # noqa: PLC0415 -- slow to load, and for one system only

    return MilvusClient(f"http://{where.host}:{where.ports['grpc']}")


def into_milvus(_release: Any, _saving: Saving, where: Where) -> Iterator[None]:
    client, number = _milvus(where), 0
    client.create_collection(NAME, dimension=2)
    while True:
        number += 1
        client.insert(NAME, [{"id": number, "vector": [1.0, number / 7]}])
        yield


def in_milvus(_release: Any, _saving: Saving, where: Where) -> int:
    client = _milvus(where)
    client.load_collection(NAME)
    return len(client.query(NAME, filter="id > 0", output_fields=["id"], limit=16384))


WRITERS = {"postgres": into_postgres, "redis": into_redis, "s3": into_s3, "mongo": into_mongo,
           "milvus": into_milvus}  # fmt: skip
COUNTERS = {"postgres": in_postgres, "redis": in_redis, "s3": in_s3, "mongo": in_mongo,
            "milvus": in_milvus}  # fmt: skip
