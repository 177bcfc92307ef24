"""A small stack with backups; and T16: restores to a moment."""

import asyncio
import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

from seaway import wiring
from seaway.engine.access import superuser
from seaway.engine.reaching import reached
from seaway.errors import NothingRunning
from seaway.ports.saving import KEY
from seaway.saving.checking import ARCHIVED, archive_of
from seaway.saving.places import BucketPlace, FolderPlace, Place
from seaway.saving.repository import Repository
from seaway.saving.sealing import Seal
from seaway.targets.local.ports import Ports
from seaway.wire.postgres import Connection, connected
from seaway.wire.s3 import Access, Bucket
from tests.faults.torture.trial import Trial

POINTS, POINTS_SHORT = 50, 2
ROWS = 200
"""Before the backup from which most moments are reached; many more come after it."""
SWITCHED = 100
"""Rows of a segment of the log."""
STACK = """\
seaway: 1
name: {name}
{more}data:
  db:
    kind: postgres
    resources: {{memory: 256Mi}}
    connections: 20
    backup: {{to: {folder}, point_in_time: 7d, goals: {{rpo: 1m, rto: 5m}}}}
"""
BUCKET = """\
secrets: {{VAULT_ID: {{}}, VAULT_KEY: {{}}}}
"""
VAULT = """\
  vault:
    kind: s3
    external: true
    endpoint: {endpoint}
    access_key: secret:VAULT_ID
    secret_key: secret:VAULT_KEY
    buckets: {{backups: {{}}}}
"""
STORE = """\
seaway: 1
name: {name}
data: {{files: {{kind: s3, buckets: {{backups: {{}}}}}}}}
"""
OTHERS = """\
  cache: {{kind: redis, appendfsync: always, backup: {{to: {folder}}}}}
  files: {{kind: s3, buckets: {{pics: {{versioning: true}}}}, backup: {{to: {folder}}}}}
"""


@dataclass(frozen=True)
class Saved:
    """A stack with backups, by its command line."""

    name: str
    file: Path
    state: Path
    kept: Path
    bucket: Bucket | None = None
    """Where its backups go instead of that folder."""

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "seaway", "-f", str(self.file), "-y", "--no-color", *words]

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "SEAWAY_STATE": str(self.state), "SEAWAY_LANG": "en"}

    def call(
        self, *words: str, status: int | None = 0, given: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words), env=self.env, capture_output=True, text=True, timeout=240,
            check=False, input=given,
        )  # fmt: skip
        assert status is None or done.returncode == status, f"{words}: {done.stderr}"
        return done

    @property
    def repository(self) -> Repository:
        folder = wiring.StateFolder(self.state / self.name)
        key = bytes.fromhex(wiring.open_vault(folder).read(KEY))
        return Repository(self.place, Seal(key))

    @property
    def place(self) -> Place:
        """Where its backups are."""
        if self.bucket:
            return BucketPlace(self.bucket, self.name)
        return FolderPlace(self.kept / self.name)

    @contextlib.asynccontextmanager
    async def database(self, name: str = ""):
        """A session with its database, or with that of another stack it was restored into."""
        stack = name or self.name
        folder = wiring.StateFolder(self.state / stack)
        with closing(wiring.open_ledger(folder)) as ledger:
            release = ledger.wanted()
        target = wiring.open_target(folder, stack)
        async with asyncio.timeout(60):  # on a busy machine a check may be late
            while True:
                with contextlib.suppress(NothingRunning):
                    where = await reached(target, release, "db")
                    break
                await asyncio.sleep(0.1)
        async with connected(superuser(where)) as session:
            yield session

    def down(self, stack: str) -> None:
        """Nothing is left of another stack that data was restored into."""
        if (self.state / stack).exists():
            file = self.file.with_name(f"{stack}.yaml")
            file.write_text(f"seaway: 1\nname: {stack}\n")
            words = [word if word != str(self.file) else str(file) for word in self.command("down")]
            subprocess.run(words, env=self.env, capture_output=True, timeout=120, check=False)
            shutil.rmtree(self.state / stack, ignore_errors=True)

    def begun(self) -> bool:
        """Whether there is a backup of its database, and the log after it."""
        repository = self.repository
        stores = [found for each in repository.backups() if (found := each.find("db"))]
        return any(
            each.facts.get(ARCHIVED) and archive_of(repository, each).head() for each in stores
        )


@contextmanager
def saved(
    trial: Trial, *, others: bool = False, bucket: bool = False, disk: Path | None = None
) -> Iterator[Saved]:  # fmt: skip
    """Up, with its first backup; down afterwards, whatever happens.

    State and data are on the disk, where one is given.
    """
    name, kept = f"t{trial.seed % 1000}", trial.folder / "kept"
    file, state = trial.folder / "seaway.yaml", (disk or trial.folder) / "state"
    made = Saved(name, file, state, kept)
    try:
        if bucket:
            made = _with_bucket(made)
        else:
            file.write_text(_stack(name, kept, OTHERS if others else ""))
        made.call("up", "-d", "--timeout", "120s")
        until(lambda: any(True for _ in made.place.names("")) and made.begun(), "a backup")
        yield made
    finally:
        for stack in (each.name for each in state.iterdir()):
            file.write_text(_stack(stack, kept))
            made.call("down", "--timeout", "60s", status=None)


def _stack(name: str, folder: Path | str, data: str = "", more: str = "") -> str:
    return STACK.format(name=name, folder=folder, more=more) + data.format(folder=folder)


def _with_bucket(made: Saved) -> Saved:
    """The object store of another stack is where its backups go; it has its key in its vault."""
    name = f"{made.name}-store"
    made.file.write_text(STORE.format(name=name))
    made.call("up", "-d", "--timeout", "120s")
    folder = wiring.StateFolder(made.state / name)
    secret = wiring.open_vault(folder).read("files.secret-key")
    endpoint = f"http://127.0.0.1:{Ports(folder).given()['files/s3/0']}"
    vault = VAULT.format(endpoint=endpoint)
    text = _stack(made.name, "vault/backups", OTHERS, BUCKET.format())
    made.file.write_text(text + vault)
    made.call("secrets", "set", "VAULT_ID", given=f"{name}-files")
    made.call("secrets", "set", "VAULT_KEY", given=secret)
    access = Access(
        endpoint=endpoint, region="us-east-1", access_key=f"{name}-files", secret_key=secret
    )
    return replace(made, bucket=Bucket(access, "backups"))


def until(true: object, what: str, limit: float = 60.0) -> None:
    end = time.monotonic() + limit
    while not (callable(true) and true()):
        assert time.monotonic() < end, f"not within {limit} s: {what}"
        time.sleep(0.05)


# ---------------------------------------------------------------------------------------- T16


@dataclass
class Model:
    """What was acknowledged when: row by row."""

    rows: list[tuple[datetime, datetime]]
    """Before it was sent, and after it was acknowledged."""

    def bounds(self, at: datetime) -> tuple[int, int]:
        """How many rows must be there at a moment, and how many may be."""
        must = sum(1 for _, acked in self.rows if acked <= at)
        may = sum(1 for sent, _ in self.rows if sent <= at)
        return must, may


async def moments(trial: Trial) -> None:
    """A restore to a moment has what there was then, or is refused (D5)."""
    tally = trial.tally
    with saved(trial) as made:
        begin, model = _now(), Model([])
        async with _writing(trial, made, model):
            for number in range(trial.times_here(POINTS, POINTS_SHORT)):
                at = begin + (_now() - begin) * trial.chance.random()
                await asyncio.to_thread(until, lambda: log_after(made, at), "the log")  # noqa: B023 -- awaited
                await _point(trial, made, model, (number, at))
        tally.rows_acked, end = len(model.rows), _now()
        await asyncio.to_thread(until, lambda: log_after(made, end), "the log")
        for at in (datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)):
            refused = made.call("restore", "--at", at.isoformat(), "--into", "never", status=None)
            tally.demand(refused.returncode == 2, f"{at} came to {refused.returncode}")
        _holes(trial, made, end)


@contextlib.asynccontextmanager
async def _writing(trial: Trial, made: Saved, model: Model) -> AsyncIterator[None]:
    """Rows, one by one, with whole segments among them and a backup, as long as the block runs."""
    enough = asyncio.Event()
    writing = asyncio.create_task(_written(trial, made, model, enough))
    try:
        await asyncio.wait(
            [asyncio.create_task(enough.wait()), writing], return_when=asyncio.FIRST_COMPLETED
        )
        await asyncio.to_thread(made.call, "backup")
        yield
    finally:
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing


async def _written(trial: Trial, made: Saved, model: Model, enough: asyncio.Event) -> None:
    async with made.database() as session:
        await session.run("CREATE TABLE t (id serial PRIMARY KEY, v text)")
        for number in count():
            sent = _now()
            await session.run("INSERT INTO t (v) VALUES (repeat('x', 100))")
            model.rows.append((sent, _now()))
            if number % SWITCHED == SWITCHED // 2:
                await session.run("SELECT pg_switch_wal()")
            if number == ROWS:
                enough.set()
            await asyncio.sleep(trial.chance.uniform(0, 0.01))


async def _point(trial: Trial, made: Saved, model: Model, told: tuple[int, datetime]) -> None:
    number, at = told
    stack, began = f"p{number}", time.monotonic()
    done = await asyncio.to_thread(
        made.call, "restore", "--at", at.isoformat(), "--into", stack, status=None
    )
    must, may = model.bounds(at)
    trial.tally.faults += 1
    if done.returncode:
        trial.tally.demand(claim=False, otherwise=f"{at}: {done.stderr}")
        return
    trial.tally.mending.append(time.monotonic() - began)
    async with made.database(stack) as session:
        rows = await rows_of(session)
    trial.tally.demand(must <= rows <= may, f"{at}: {rows} rows, not {must} to {may}")
    await asyncio.to_thread(made.down, stack)


async def rows_of(session: Connection) -> int:
    if not await session.run("SELECT 1 FROM pg_tables WHERE tablename = 't'"):
        return 0
    [[count]] = await session.run("SELECT count(*) FROM t")
    return int(count or 0)


def log_after(made: Saved, moment: datetime) -> bool:
    """Whether the log of the database is kept up to then."""
    repository = made.repository
    stores = [found for each in repository.backups() if (found := each.find("db"))]
    head = archive_of(repository, stores[-1]).head() if stores else None
    return bool(head and head.at > moment)


def _holes(trial: Trial, made: Saved, end: datetime) -> None:
    """With a segment lost, what comes after it cannot be had: that is said, and nothing is up."""
    logs = sorted(each for each in (made.kept / made.name / "wal").rglob("0*") if each.is_file())
    for victim, words in ((logs[-1], ()), (logs[-2], ("--at", end.isoformat()))):
        hidden = victim.read_bytes()
        victim.unlink()
        trial.tally.faults += 1
        refused = made.call("restore", *words, "--into", "never", status=None)
        victim.write_bytes(hidden)
        claim = refused.returncode == 1 and not (made.state / "never").exists()
        trial.tally.demand(claim, f"a hole came to {refused.returncode} {refused.stderr}")


def _now() -> datetime:
    return datetime.now(UTC)
