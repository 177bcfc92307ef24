"""T07 and T08 on the data: the power fails under stores; disks of data and of backups get full.

What was acknowledged is there with the power; a backup that did not fit is none, and that is said
while the database goes on.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from seaway import wiring
from seaway.engine.access import redis_access
from seaway.errors import SeawayError
from seaway.saving.checking import damages
from seaway.wire.postgres import Refused
from seaway.wire.redis import logged_in
from seaway.wire.s3 import Bucket
from tests.faults.torture.backups import Saved, saved, until
from tests.faults.torture.calls import forget, kill_all
from tests.faults.torture.disks import Disk, ext4, memory
from tests.faults.torture.keys_and_objects import bucket_of, store_of
from tests.faults.torture.trial import Trial

CUTS, CUTS_SHORT = 100, 2
FULL, FULL_SHORT = 5, 1
SIZE = 1500
"""MiB of a disk with three stores on it; a file that has holes."""
ROOM, ROOM_SHORT = "96m", "96m"
"""Of the place of backups: a base backup and some log."""
SAID, SAID_SHORT = 10.0, 30.0
AGAIN = 90.0
"""Seconds in which all goes on after the trouble, on a busy machine."""


# -------------------------------------------------------------------------------------- the power


@dataclass
class Acked:
    """What the stores have said that they keep.

    An answer that comes when the cut has begun does not count: with the power nothing could have
    said it, and EXT4_IOC_SHUTDOWN lets some fdatasync return without an error that was under way
    (13 of 150 cuts under a loop of them, each up to 12 ms after the cut had begun).
    """

    rows: int = 0
    keys: int = 0
    objects: int = 0
    dark: bool = False
    """The power is failing."""


async def cut_power(trial: Trial) -> None:
    """Under a database, a Redis that syncs each write, and an object store, at any moment."""
    acked = Acked()
    with ext4(trial.folder, SIZE) as disk, saved(trial, others=True, disk=disk.place) as made:
        async with made.database() as session:
            await session.run("CREATE TABLE t (id serial PRIMARY KEY)")
        for _ in range(trial.times_here(CUTS, CUTS_SHORT)):
            await _round(trial, made, disk, acked)
    trial.tally.rows_acked = acked.rows + acked.keys + acked.objects
    trial.tally.more |= {"rows": acked.rows, "keys": acked.keys, "objects": acked.objects}


async def _round(trial: Trial, made: Saved, disk: Disk, acked: Acked) -> None:
    before = (acked.rows, acked.keys, acked.objects)
    async with _writers(made, acked):
        await asyncio.sleep(trial.chance.uniform(0.5, 3.0))
        acked.dark = True
        disk.cut()
    acked.dark = False
    trial.tally.faults += 1
    await kill_all(disk.place)
    forget(made.name)
    began = time.monotonic()
    await disk.start_again()
    up = await asyncio.to_thread(made.call, "up", "-d", "--timeout", "120s", status=None)
    trial.tally.demand(not up.returncode, f"up after the cut: {up.stderr[-500:]}")
    trial.tally.demand((acked.rows, acked.keys, acked.objects) > before, "nothing was written")
    await _all_there(trial, made, acked)
    trial.tally.mending.append(time.monotonic() - began)
    found = await asyncio.to_thread(lambda: list(damages(made.repository)))
    trial.tally.demand(not found, f"backups after the cut: {found}")


@asynccontextmanager
async def _writers(made: Saved, acked: Acked) -> AsyncIterator[None]:
    """Of rows, keys and objects, each as fast as it is acknowledged, until it fails."""
    bucket, redis = await bucket_of(made), redis_access(await store_of(made, "cache"))
    over = asyncio.Event()
    tasks = [
        asyncio.create_task(_rows(made, acked, over)),
        asyncio.create_task(asyncio.to_thread(_keys, redis, acked, over.is_set)),
        asyncio.create_task(asyncio.to_thread(_objects, bucket, acked, over.is_set)),
    ]
    try:
        yield
    finally:
        over.set()
        async with asyncio.timeout(120):
            await asyncio.gather(*tasks)


async def _rows(made: Saved, acked: Acked, over: asyncio.Event) -> None:
    with suppress(OSError, Refused, EOFError):
        async with made.database() as session:
            while not over.is_set():
                await session.run("INSERT INTO t DEFAULT VALUES")
                acked.rows += not acked.dark


def _keys(access, acked: Acked, over: Callable[[], bool]) -> None:
    with suppress(OSError), logged_in(access) as session:
        while not over() and session.ask("SET", f"key{acked.keys}", "x") == "OK":
            acked.keys += not acked.dark


def _objects(bucket: Bucket, acked: Acked, over: Callable[[], bool]) -> None:
    with suppress(OSError):
        while not over():
            bucket.put(f"o{acked.objects}", b"object %d" % acked.objects)
            acked.objects += not acked.dark


async def _all_there(trial: Trial, made: Saved, acked: Acked) -> None:
    await store_of(made, "cache")
    async with made.database() as session:
        [[count]] = await session.run("SELECT count(*) FROM t")
    with logged_in(redis_access(await store_of(made, "cache"))) as session:
        asked = [session.ask("EXISTS", f"key{each}") for each in range(acked.keys)]
    bucket = await bucket_of(made)
    there = {each.key for each in bucket.objects()}
    lost = {
        "rows": max(acked.rows - int(count or 0), 0),
        "keys": asked.count(0),
        "objects": sum(f"o{each}" not in there for each in range(acked.objects)),
        "contents": sum(
            bucket.get(f"o{each}") != b"object %d" % each
            for each in range(acked.objects) if f"o{each}" in there
        ),
    }  # fmt: skip
    trial.tally.rows_lost += sum(lost.values())
    trial.tally.demand(not any(lost.values()), f"lost of {acked}: {lost}")


# -------------------------------------------------------------------------------------- full disks


async def full_disks(trial: Trial) -> None:
    """First the place of backups, then the disk of the data (D8)."""
    rounds = trial.times(FULL, FULL_SHORT)
    for own in _fresh(trial, rounds, "backups"):
        with memory(own.folder / "kept", ROOM), saved(own) as made:
            await _no_room_for_backups(own, made)
    for own in _fresh(trial, rounds, "data"):
        with ext4(own.folder, 700) as disk, saved(own, disk=disk.place) as made:
            await _no_room_for_data(own, made, disk.place)


def _fresh(trial: Trial, rounds: int, name: str) -> Iterator[Trial]:
    """The same trial in a folder of its own for each round: what is kept is of one round only."""
    for number in range(rounds):
        folder = trial.folder / f"{name}{number}"
        folder.mkdir()
        yield replace(trial, folder=folder)


async def _no_room_for_backups(trial: Trial, made: Saved) -> None:  # noqa: PLR0915 -- a story
    names = made.repository.names()
    async with made.database() as session:
        await session.run("CREATE TABLE t (id serial, v text)")
        began, filler = time.monotonic(), _filled(made.kept)
        trial.tally.faults += 1
        rows, worst = 0, 0.0
        while time.monotonic() - began < trial.limit(SAID, SAID_SHORT) and not _told(made):
            before = time.monotonic()
            await session.run("INSERT INTO t (v) SELECT md5(g::text) FROM generate_series(1, 99) g")
            rows, worst = rows + 99, max(worst, time.monotonic() - before)
            await asyncio.sleep(0.05)
        said = time.monotonic() - began
        trial.tally.more["said_max"] = max(float(trial.tally.more.get("said_max", 0)), said)
        trial.tally.demand(_told(made), f"not said within {said:.1f} s")
        failed = await asyncio.to_thread(made.call, "backup", status=None)
        trial.tally.demand(failed.returncode, "a backup without room says that it is one")
        trial.tally.demand(made.repository.names() == names, "a backup that failed counts")
        await session.run("INSERT INTO t (v) SELECT 'last'")
        filler.unlink()
        trial.tally.more["blocked_max"] = round(worst, 2)
    await asyncio.to_thread(until, lambda: _saves(made), "a backup after the trouble", AGAIN)
    found = await asyncio.to_thread(lambda: list(damages(made.repository)))
    trial.tally.demand(not found, f"afterwards: {found}")
    await asyncio.to_thread(made.call, "restore", "--into", "back")
    async with made.database("back") as session:
        [[count]] = await session.run("SELECT count(*) FROM t")
    trial.tally.demand(count == str(rows + 1), f"{count} of {rows + 1} rows were saved")
    await asyncio.to_thread(made.down, "back")


async def _no_room_for_data(trial: Trial, made: Saved, place: Path) -> None:
    async with made.database() as session:
        await session.run("CREATE TABLE t (id serial, v text)")
    began, filler = time.monotonic(), _filled(place)
    trial.tally.faults += 1
    await asyncio.to_thread(
        until, lambda: "SW542" in made.call("status", "--format", "json", status=None).stdout,
        "that the disk is full", trial.limit(SAID, SAID_SHORT),
    )  # fmt: skip
    acked = 0
    with suppress(OSError, Refused, EOFError, SeawayError):
        async with made.database() as session, asyncio.timeout(20):
            while True:
                await session.run("INSERT INTO t (v) SELECT 'x' FROM generate_series(1, 999)")
                acked += 999
    filler.unlink()
    trial.tally.rows_acked += acked
    async with asyncio.timeout(AGAIN):
        while not await _writes(made):  # noqa: ASYNC110 -- another process
            await asyncio.sleep(0.1)
    async with made.database() as session:
        [[count]] = await session.run("SELECT count(*) FROM t WHERE v = 'x'")
    lost = max(acked - int(count or 0), 0)
    trial.tally.rows_lost += lost
    trial.tally.demand(not lost, f"{lost} of {acked} rows on a full disk are lost")
    trial.tally.mending.append(time.monotonic() - began)


async def _writes(made: Saved) -> bool:
    with suppress(OSError, Refused, EOFError, SeawayError):
        async with made.database() as session:
            await session.run("INSERT INTO t (v) SELECT 'after'")
            return True
    return False


def _filled(place: Path) -> Path:
    """Nothing more fits."""
    filler = place / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(1 << 16))
    with suppress(OSError), filler.open("ab", buffering=0) as file:
        while True:
            file.write(bytes(512))
    return filler


def _told(made: Saved) -> bool:
    """By name, in what is told of the stack."""
    with closing(wiring.open_ledger(wiring.StateFolder(made.state / made.name))) as ledger:
        return any(each.code == "SW857" for each in ledger.events(0))


def _saves(made: Saved) -> bool:
    return made.call("backup", status=None).returncode == 0
