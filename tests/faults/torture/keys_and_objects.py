"""D12: Redis killed and its log torn, objects overwritten and removed; nothing of it is lost.

A Redis that syncs each write has every key that it acknowledged, after each kill and with half a
command at the end of its log. Objects are brought back from a backup, with their older versions.
"""

import asyncio
import json
import os
import signal
import time
from contextlib import closing, suppress

from seaway import wiring
from seaway.engine.access import redis_access, s3_access
from seaway.engine.reaching import reached
from seaway.errors import SeawayError
from seaway.wire.redis import RedisTrouble, Session, logged_in
from seaway.wire.s3 import Bucket
from tests.faults.torture.backups import Saved
from tests.faults.torture.trial import Trial

KILLS, KILLS_SHORT = 100, 4
TORN, TORN_SHORT = 10, 1
OBJECTS, OBJECTS_SHORT = 100, 20
BACK, BACK_SHORT = 5.0, 30.0
"""Seconds until a torn log is mended and its server answers."""
BETWEEN = 200
"""Keys that are acknowledged before the next kill, at least."""
STACK = """\
seaway: 1
name: {name}
data:
  cache: {{kind: redis, appendfsync: always, backup: {{to: {folder}}}}}
  files: {{kind: s3, buckets: {{pics: {{versioning: true}}}}, backup: {{to: {folder}}}}}
"""
HALF = b"*3\r\n$3\r\nSET\r\n$9\r\nhalf"


async def keys_and_objects(trial: Trial) -> None:
    """First the keys, then the objects."""
    name = f"k{trial.seed % 1000}"
    made = Saved(name, trial.folder / "seaway.yaml", trial.folder / "state", trial.folder / "kept")
    made.file.write_text(STACK.format(name=name, folder=made.kept))
    try:
        made.call("up", "-d", "--timeout", "120s")
        writer = Writer(made)
        for _ in range(trial.times(KILLS, KILLS_SHORT)):
            await _killed(trial, made, writer)
        for _ in range(trial.times(TORN, TORN_SHORT)):
            await _torn(trial, made, writer)
        trial.tally.rows_acked = writer.acked
        await _objects(trial, made)
    finally:
        for stack in [each.name for each in made.state.iterdir() if each.name != name]:
            made.down(stack)
        made.call("down", "--timeout", "60s", status=None)


# ----------------------------------------------------------------------------------------- the keys


class Writer:
    """Sets one key after the other, and counts what is acknowledged."""

    def __init__(self, made: Saved) -> None:
        self._made = made
        self.acked = 0

    async def write(self, least: int) -> None:
        """So many, and on until the server is gone."""
        access = redis_access(await store_of(self._made, "cache"))
        with suppress(RedisTrouble, OSError):
            await asyncio.to_thread(self._write, access)
        assert self.acked >= least, "the server was gone before it was killed"

    def _write(self, access) -> None:
        with logged_in(access) as session:
            while session.ask("SET", f"key{self.acked}", str(self.acked)) == "OK":
                self.acked += 1

    def missing(self, session: Session) -> int:
        """How many of the acknowledged ones are not there, or are something else."""
        wrong = 0
        for start in range(0, self.acked, 1000):
            numbers = range(start, min(start + 1000, self.acked))
            told = session.ask("MGET", *(f"key{each}" for each in numbers))
            assert isinstance(told, list)
            wrong += sum(told[at] != str(each) for at, each in enumerate(numbers))
        return wrong


async def _killed(trial: Trial, made: Saved, writer: Writer) -> None:
    wanted = writer.acked + trial.chance.randrange(BETWEEN, 3 * BETWEEN)
    pid = _pid(made)
    writing = asyncio.create_task(writer.write(wanted))
    while writer.acked < wanted and not writing.done():  # noqa: ASYNC110 -- a count of a thread
        await asyncio.sleep(0.002)
    os.kill(pid, signal.SIGKILL)
    began = time.monotonic()
    trial.tally.faults += 1
    await writing
    await _all_there(trial, made, writer)
    trial.tally.mending.append(time.monotonic() - began)


async def _torn(trial: Trial, made: Saved, writer: Writer) -> None:
    """What a server had begun to write when the power failed is half of a command."""
    made.call("down")
    [log] = (made.state / made.name / "volumes").rglob("*.incr.aof")
    with log.open("ab") as file:
        file.write(HALF[: trial.chance.randrange(1, len(HALF))])
    trial.tally.faults += 1
    began = time.monotonic()
    made.call("up", "-d")
    await _all_there(trial, made, writer)
    took, limit = time.monotonic() - began, trial.limit(BACK, BACK_SHORT)
    trial.tally.more["torn_max"] = max(float(trial.tally.more.get("torn_max", 0)), round(took, 2))
    trial.tally.demand(took <= limit, f"a torn log took {took:.1f} s")


async def _all_there(trial: Trial, made: Saved, writer: Writer) -> None:
    access = redis_access(await store_of(made, "cache"))
    with logged_in(access) as session:
        lost = await asyncio.to_thread(writer.missing, session)
    trial.tally.rows_lost += lost
    trial.tally.demand(not lost, f"{lost} of {writer.acked} keys")


async def store_of(made: Saved, store: str, stack: str = ""):
    """As soon as it serves again."""
    folder = wiring.StateFolder(made.state / (stack or made.name))
    with closing(wiring.open_ledger(folder)) as ledger:
        release = ledger.wanted()
    target = wiring.open_target(folder, stack or made.name)
    async with asyncio.timeout(60):
        while True:
            with suppress(SeawayError, OSError):
                where = await reached(target, release, store)
                if store != "cache":
                    return where
                with logged_in(redis_access(where)) as session:
                    session.ask("PING")
                return where
            await asyncio.sleep(0.02)


def _pid(made: Saved) -> int:
    told = json.loads(made.call("status", "--format", "json").stdout)
    [found] = [
        one["pid"] for each in told["workloads"] if each["name"] == "cache"
        for one in each["instances"]
    ]  # fmt: skip
    return int(found)


# -------------------------------------------------------------------------------------- the objects


async def _objects(trial: Trial, made: Saved) -> None:
    """Each is overwritten or removed after a backup, and comes back from it."""
    count = trial.times(OBJECTS, OBJECTS_SHORT)
    bucket = await bucket_of(made)
    for number in range(count):
        bucket.put(f"o{number}", _content(number))
    made.call("backup")
    for number in range(count):
        if trial.chance.random() < 0.5:
            bucket.put(f"o{number}", b"something else")
        else:
            bucket.delete(f"o{number}")
    made.call("backup")
    older = made.repository.names()[-2]
    made.call("restore", older, "--store", "files", "--into", "older")
    made.call("restore", "--store", "files", "--into", "newer")
    before, after = await bucket_of(made, "older"), await bucket_of(made, "newer")
    versions: dict[str, set[bytes]] = {}
    for each in after.versions():
        if not each.deleted:
            versions.setdefault(each.key, set()).add(after.get(each.key, each.version))
    back = sum(
        _got(before, f"o{number}") == _content(number)
        and _content(number) in versions.get(f"o{number}", set())
        for number in range(count)
    )
    trial.tally.faults += count
    trial.tally.more["objects_back"] = back
    trial.tally.demand(back == count, f"{back} of {count} objects came back")


def _content(number: int) -> bytes:
    return f"object {number} ".encode() * (number + 1)


def _got(bucket: Bucket, key: str) -> bytes:
    try:
        return bucket.get(key)
    except FileNotFoundError:
        return b""


async def bucket_of(made: Saved, stack: str = "") -> Bucket:
    folder = wiring.StateFolder(made.state / (stack or made.name))
    with closing(wiring.open_ledger(folder)) as ledger:
        release = ledger.wanted()
    where = await store_of(made, "files", stack)
    return Bucket(s3_access(where, release, "files"), "pics")
