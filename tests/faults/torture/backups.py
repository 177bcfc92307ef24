"""T15 to T17: damaged backups, restores to a moment, and backups and restores that are killed.

One small stack for each: a database whose log is kept, a Redis, an object store.
"""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from seaway import wiring
from seaway.engine.backup import superuser
from seaway.engine.reaching import reached
from seaway.errors import SeawayError
from seaway.model.backup import blocks
from seaway.ports.saving import KEY
from seaway.saving.checking import ARCHIVED, archive_of, damages
from seaway.saving.places import FolderPlace
from seaway.saving.repository import BLOCKS, Repository
from seaway.saving.sealing import Damaged, Seal
from seaway.wire.postgres import Connection, connected
from tests.faults.torture.trial import Trial

DAMAGES, DAMAGES_SHORT = 500, 24
CLEAN, CLEAN_SHORT = 100, 2
POINTS, POINTS_SHORT = 50, 2
KILLS, KILLS_SHORT = 100, 3
STACK = """\
seaway: 1
name: {name}
data:
  db:
    kind: postgres
    resources: {{memory: 256Mi}}
    connections: 20
    backup: {{to: {folder}, point_in_time: 7d, goals: {{rpo: 1m, rto: 5m}}}}
"""
OTHERS = """\
  cache: {{kind: redis, backup: {{to: {folder}}}}}
  files: {{kind: s3, buckets: {{pics: {{versioning: true}}}}, backup: {{to: {folder}}}}}
"""


@dataclass(frozen=True)
class Saved:
    """A stack with backups, by its command line."""

    name: str
    file: Path
    state: Path
    kept: Path

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "seaway", "-f", str(self.file), "-y", "--no-color", *words]

    @property
    def env(self) -> dict[str, str]:
        return {**os.environ, "SEAWAY_STATE": str(self.state), "SEAWAY_LANG": "en"}

    def call(self, *words: str, status: int | None = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            self.command(*words), env=self.env, capture_output=True, text=True, timeout=240,
            check=False,
        )  # fmt: skip
        assert status is None or done.returncode == status, f"{words}: {done.stderr}"
        return done

    @property
    def repository(self) -> Repository:
        folder = wiring.StateFolder(self.state / self.name)
        key = bytes.fromhex(wiring.open_vault(folder).read(KEY))
        return Repository(FolderPlace(self.kept / self.name), Seal(key))

    @contextlib.asynccontextmanager
    async def database(self, name: str = ""):
        """A session with its database, or with that of another stack it was restored into."""
        stack = name or self.name
        folder = wiring.StateFolder(self.state / stack)
        release = wiring.open_ledger(folder).wanted()
        target = wiring.open_target(folder, stack)
        async with connected(superuser(await reached(target, release, "db"))) as session:
            yield session

    def kept_from(self, count: int) -> bool:
        """Whether there are so many backups, with the log after the last."""
        repository = self.repository
        if len(repository.names()) < count:
            return False
        store = repository.backup(repository.names()[-1]).find("db")
        return bool(store and store.facts.get(ARCHIVED) and archive_of(repository, store).head())


@contextmanager
def saved(trial: Trial, *, others: bool = False) -> Iterator[Saved]:
    """Up, with its first backup; down afterwards, whatever happens."""
    name, kept = f"t{trial.seed % 1000}", trial.folder / "kept"
    file = trial.folder / "seaway.yaml"
    text = STACK + (OTHERS if others else "")
    file.write_text(text.format(name=name, folder=kept))
    made = Saved(name, file, trial.folder / "state", kept)
    try:
        made.call("up", "-d", "--timeout", "120s")
        _until(lambda: kept.exists() and made.kept_from(1), "the first backup")
        yield made
    finally:
        for stack in (each.name for each in made.state.iterdir()):
            file.write_text(STACK.format(name=stack, folder=kept))
            made.call("down", "--timeout", "60s", status=None)


def _until(true: object, what: str, limit: float = 60.0) -> None:
    end = time.monotonic() + limit
    while not (callable(true) and true()):
        assert time.monotonic() < end, f"not within {limit} s: {what}"
        time.sleep(0.05)


# ---------------------------------------------------------------------------------------- T15


async def damaged_backups(trial: Trial) -> None:
    """Every byte that is changed, cut off, lost or put in another's place is found (D4)."""
    tally = trial.tally
    with saved(trial, others=True) as made:
        async with made.database() as session:
            await session.run(
                "CREATE TABLE t AS SELECT g, md5(g::text) FROM generate_series(1, 20000) g"
            )
        made.call("backup")
        made.call("down")
        repository = made.repository
        files = sorted(
            path for path in (made.kept / made.name).rglob("*") if path.is_file()
        )  # fmt: skip
        for _ in range(trial.times(CLEAN, CLEAN_SHORT)):
            found = list(damages(repository))
            tally.demand(not found, f"found where there is nothing: {found}")
        for number in range(trial.times(DAMAGES, DAMAGES_SHORT)):
            kind = KINDS[number % len(KINDS)]
            file = trial.chance.choice(files)
            with _damaged(trial, kind, file, files) as really:
                if not really:
                    continue
                tally.faults += 1
                tally.demand(_found(repository), f"{kind} of {file.relative_to(made.kept)}")
        _by_command(trial, made, files)
        tally.demand(not list(damages(repository)), "the test left a damage behind")


KINDS = ("flip", "truncate", "delete", "swap", "zero", "grow")


@contextmanager
def _damaged(trial: Trial, kind: str, file: Path, files: Sequence[Path]) -> Iterator[bool]:
    """For as long as the block runs; tells whether anything is really other than before."""
    before = file.read_bytes()
    changed = _changed(trial, kind, before, files)
    try:
        if changed is None:
            file.unlink()
        else:
            file.write_bytes(changed)
        yield changed != before
    finally:
        file.write_bytes(before)


def _changed(trial: Trial, kind: str, before: bytes, files: Sequence[Path]) -> bytes | None:
    at = trial.chance.randrange(len(before))
    match kind:
        case "flip":
            return before[:at] + bytes([before[at] ^ 1 << at % 8]) + before[at + 1 :]
        case "truncate":
            return before[:at]
        case "zero":
            return before[:at] + bytes(len(before[at : at + 512])) + before[at + 512 :]
        case "swap":
            return trial.chance.choice(files).read_bytes()
        case "grow":
            return before + b"\0"
        case _:
            return None


def _found(repository: Repository) -> bool:
    try:
        return not repository.exists or bool(list(damages(repository)))
    except (SeawayError, Damaged, ValueError):
        return True


def _by_command(trial: Trial, made: Saved, files: Sequence[Path]) -> None:
    """What people see: a status that is not 0, of the check and of a restore."""
    block = trial.chance.choice([each for each in files if BLOCKS in f"{each}/"])
    trial.tally.demand(made.call("backups", "--check").returncode == 0, "a check in vain")
    with _damaged(trial, "flip", block, files):
        trial.tally.faults += 1
        checked = made.call("backups", "--check", status=None)
        trial.tally.demand(checked.returncode == 1, f"status {checked.returncode}")


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
        too_early = datetime(2020, 1, 1, tzinfo=UTC)
        begin = _now()
        model = await _written(trial, made)
        end = _now()
        await asyncio.to_thread(_until, lambda: _log_after(made, end), "the log", 60.0)
        for number in range(trial.times(POINTS, POINTS_SHORT)):
            at = begin + (end - begin) * trial.chance.random()
            await _point(trial, made, model, (number, at))
        for at in (too_early, datetime(2100, 1, 1, tzinfo=UTC)):
            refused = made.call("restore", "--at", at.isoformat(), "--into", "never", status=None)
            tally.demand(refused.returncode == 2, f"{at} came to {refused.returncode}")
        _hole(trial, made)


async def _written(trial: Trial, made: Saved) -> Model:
    """Rows, one by one, with whole segments and a backup among them."""
    model = Model([])
    async with made.database() as session:
        await session.run("CREATE TABLE t (id serial PRIMARY KEY, v text)")
        for number in range(trial.times(3000, 300)):
            sent = _now()
            await session.run("INSERT INTO t (v) VALUES (repeat('x', 100))")
            model.rows.append((sent, _now()))
            if number % 100 == 50:
                await session.run("SELECT pg_switch_wal()")
            if number == 150:
                await asyncio.to_thread(made.call, "backup")
            await asyncio.sleep(trial.chance.uniform(0, 0.01))
    return model


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
        rows = await _rows(session)
    trial.tally.demand(must <= rows <= may, f"{at}: {rows} rows, not {must} to {may}")
    made.file.write_text(STACK.format(name=stack, folder=made.kept))
    await asyncio.to_thread(made.call, "down", status=None)
    made.file.write_text(STACK.format(name=made.name, folder=made.kept))


async def _rows(session: Connection) -> int:
    if not await session.run("SELECT 1 FROM pg_tables WHERE tablename = 't'"):
        return 0
    [[count]] = await session.run("SELECT count(*) FROM t")
    return int(count or 0)


def _log_after(made: Saved, moment: datetime) -> bool:
    repository = made.repository
    store = repository.backup(repository.names()[-1]).find("db")
    head = archive_of(repository, store).head() if store else None
    return bool(head and head.at > moment)


def _hole(trial: Trial, made: Saved) -> None:
    """With a segment lost, all there is cannot be had: that is said, and nothing comes up."""
    logs = sorted(each for each in (made.kept / made.name / "wal").rglob("0*") if each.is_file())
    victim = logs[-1]
    hidden = victim.read_bytes()
    victim.unlink()
    trial.tally.faults += 1
    refused = made.call("restore", "--into", "never", status=None)
    victim.write_bytes(hidden)
    trial.tally.demand(refused.returncode == 1, f"a hole came to {refused.returncode}")


def _now() -> datetime:
    return datetime.now(UTC)


# ---------------------------------------------------------------------------------------- T17


async def killed_backups(trial: Trial) -> None:
    """A backup or restore that is killed harms nothing, and leaves nothing for long (D7)."""
    tally = trial.tally
    with saved(trial, others=True) as made:
        async with made.database() as session:
            await session.run("CREATE TABLE t (id int, v text)")
        repository = made.repository
        older = repository.names()
        for number in range(trial.times(KILLS, KILLS_SHORT)):
            async with made.database() as session:
                await session.run(
                    "INSERT INTO t SELECT 1, md5(random()::text) FROM generate_series(1, 20000)"
                )
            await _killed(trial, made, number)
            names = repository.names()
            tally.demand(names[: len(older)] == older, f"{number}: {older} became {names}")
            tally.demand(not list(damages(repository)), f"{number}: {list(damages(repository))}")
        made.call("backup")
        tally.leaks = len(repository.block_names() - blocks(list(repository.backups())))
        tally.demand(not tally.leaks, f"{tally.leaks} blocks that nothing needs")
        drafts = [each for each in made.kept.rglob(".*") if each.is_file()]
        tally.demand(not drafts, f"left behind: {drafts}")
        made.call("restore", older[-1], "--into", "older")
        async with made.database("older") as session:
            tally.demand(await _rows(session) == 0, "the older one holds something else")


async def _killed(trial: Trial, made: Saved, number: int) -> None:
    """Every third time a restore, else a backup, at any moment of it."""
    restores = number % 3 == 2
    words = ("restore", "--into", f"k{number}") if restores else ("backup",)
    process = await asyncio.create_subprocess_exec(
        *made.command(*words), env=made.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(trial.chance.uniform(0.5, 3.0)):
            await process.wait()
    if process.returncode is None:
        process.send_signal(signal.SIGKILL)
        trial.tally.faults += 1
        await process.wait()
