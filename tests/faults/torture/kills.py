"""T17: `backup` and `restore` are killed at any moment, also while old backups are let go.

Whatever was whole before is whole afterwards and restores, no row is lost, and the next backup
leaves nothing that nobody needs (D7).
"""

import asyncio
import contextlib
import signal
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from seaway.model.backup import Backup, SavedStore, blocks
from seaway.saving.archive import HEAD, LOG, WITNESS
from seaway.saving.checking import damages
from seaway.saving.log_positions import SEGMENT, position, segment_start
from seaway.saving.repository import BACKUPS, BLOCKS, CATALOGUE, HEADER, Repository
from tests.faults.torture.backups import Saved, log_after, rows_of, saved, until
from tests.faults.torture.trial import Trial

KILLS, KILLS_SHORT = 100, 4
RESTORED = 10
"""Kills between two restores of an older backup."""
AGE = timedelta(days=60)
"""Of backups that are let go by the next run: more than any rule keeps."""
LONGEST = 3.0
"""Seconds after which a backup or restore is killed at the latest, on a machine that is busy."""


async def killed_backups(trial: Trial, *, bucket: bool = False) -> None:
    """In turns: a backup, one that lets old ones go, a restore beside, a restore in place."""
    tally = trial.tally
    with saved(trial, others=True, bucket=bucket) as made:
        async with made.database() as session:
            await session.run("CREATE TABLE t (id serial PRIMARY KEY, v text)")
        rows = 0
        for number in range(trial.times_here(KILLS, KILLS_SHORT)):
            rows = await _written(made, rows)
            before = made.repository.names()
            await TURNS[number % len(TURNS)](trial, made, number)
            after, repository = made.repository.names(), made.repository
            whole = [each for each in before if each in after]
            tally.demand(whole, f"{number}: of {before} none is left, but {after}")
            found = await asyncio.to_thread(lambda: list(damages(repository)))  # noqa: B023 -- awaited
            tally.demand(not found, f"{number}: {found}")
            if number % RESTORED == RESTORED - 1:
                known = [each for each in _with_database(made) if each in whole]
                await _restores(trial, made, known[-1], f"o{number}")
            there = await _rows(made)
            tally.demand(there >= rows, f"{number}: of {rows} rows are {there}")
        await _restores(trial, made, _with_database(made)[0], "oldest")
        await asyncio.to_thread(made.call, "backup")
        await _no_garbage(trial, made)


async def killed_to_bucket(trial: Trial) -> None:
    """The same with an object store of another stack."""
    await killed_backups(trial, bucket=True)


def _with_database(made: Saved) -> Sequence[str]:
    """Names of those that hold it: the first are taken before its log is kept."""
    return [each.name for each in made.repository.backups() if each.find("db")]


async def _written(made: Saved, rows: int) -> int:
    """More of them, and how many there are then."""
    async with made.database() as session:
        await session.run(
            "INSERT INTO t (v) SELECT md5(random()::text) FROM generate_series(1, 5000)"
        )
        return max(rows, await rows_of(session))


async def _rows(made: Saved, name: str = "") -> int:
    async with made.database(name) as session:
        return await rows_of(session)


# -------------------------------------------------------------------------------------- the kills


async def _backup(trial: Trial, made: Saved, number: int) -> None:
    del number
    await _killed(trial, made, ("backup",), trial.chance.uniform(0.3, LONGEST))


async def _expiry(trial: Trial, made: Saved, number: int) -> None:
    """As soon as the new one is there, when older ones are let go."""
    del number
    _aged(made.repository)
    before = set(made.repository.names())

    async def there() -> None:
        while set(made.repository.names()) <= before:  # noqa: ASYNC110 -- a file of another process
            await asyncio.sleep(0.001)
        await asyncio.sleep(trial.chance.uniform(0, 0.05))

    await _killed(trial, made, ("backup",), there)


def _aged(repository: Repository) -> None:
    """All but the newest become so old that nothing asks for them."""
    for number, backup in enumerate(list(repository.backups())[:-1]):
        if datetime.now(UTC) - backup.began < AGE / 2:
            ago = AGE + timedelta(minutes=number)
            stores = tuple(replace(each, at=each.at - ago) for each in backup.stores)
            repository.record(replace(backup, began=backup.began - ago, stores=stores))


async def _beside(trial: Trial, made: Saved, number: int) -> None:
    words = ("restore", "--into", f"k{number}")
    await _killed(trial, made, words, trial.chance.uniform(0.3, 2 * LONGEST))
    await asyncio.to_thread(made.down, f"k{number}")


async def _in_place(trial: Trial, made: Saved, number: int) -> None:
    """What was running runs again, with the one data or with the other."""
    del number
    now = datetime.now(UTC)
    await asyncio.to_thread(until, lambda: log_after(made, now), "the log")
    await _killed(trial, made, ("restore",), trial.chance.uniform(0.3, 5 * LONGEST))
    up = await asyncio.to_thread(made.call, "up", "-d", status=None)
    if up.returncode:  # killed while the data changed places: that is said, and has a way back
        trial.tally.more["half"] = int(trial.tally.more.get("half", 0)) + 1
        await asyncio.to_thread(made.call, "restore", "--back")
    await asyncio.to_thread(made.down, f"{made.name}-restore")


TURNS = (_backup, _expiry, _beside, _in_place)


async def _killed(trial: Trial, made: Saved, words: Sequence[str], when: object) -> None:
    process = await asyncio.create_subprocess_exec(
        *made.command(*words), env=made.env, stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    waits = [asyncio.create_task(process.wait())]
    waits.append(asyncio.create_task(when() if callable(when) else asyncio.sleep(float(str(when)))))
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED, timeout=120)
    waits[1].cancel()
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGKILL)
        trial.tally.faults += 1
    assert process.stderr is not None
    said = (await process.stderr.read()).decode()
    await process.wait()
    trial.tally.demand(process.returncode in {0, -9}, f"{words}: {process.returncode} {said}")


# ---------------------------------------------------------------------------------------- the ends


async def _restores(trial: Trial, made: Saved, backup: str, name: str) -> None:
    begun = time.monotonic()
    done = await asyncio.to_thread(made.call, "restore", backup, "--into", name, status=None)
    trial.tally.demand(not done.returncode, f"{backup} does not restore: {done.stderr}")
    if not done.returncode:
        trial.tally.mending.append(time.monotonic() - begun)
        await _rows(made, name)
    await asyncio.to_thread(made.down, name)


async def _no_garbage(trial: Trial, made: Saved) -> None:
    """Of every file it is known who needs it; those of drafts have no name."""
    repository = made.repository
    loose = list(_loose(repository))
    drafts = [each for each in made.kept.rglob(".*") if each.is_file() and not _written_now(each)]
    trial.tally.leaks = len(loose) + len(drafts)
    trial.tally.demand(not trial.tally.leaks, f"nobody needs {loose[:5]}, {drafts[:5]}")


def _written_now(draft: Path) -> bool:
    """The log goes on."""
    return Path("/proc", draft.name.rpartition(".")[2]).exists()


def _loose(repository: Repository) -> Iterator[str]:
    backups = list(repository.backups())
    needed = {HEADER, CATALOGUE, *(f"{BACKUPS}{each.name}" for each in backups)}
    needed |= {f"{BLOCKS}{each[:2]}/{each}" for each in blocks(backups)}
    starts = _starts(backups)
    names = list(repository.place.names(""))
    for name in names:
        folder, _, last = name.rpartition("/")
        if not name.startswith(LOG):
            if name not in needed:
                yield name
        elif last not in {HEAD, WITNESS}:
            segment, piece = last.partition(".")[0], "." in last
            old = folder not in starts or segment_start(segment) + SEGMENT <= starts[folder]
            if old or (piece and f"{folder}/{segment}" in names):
                yield name


def _starts(backups: Sequence[Backup]) -> dict[str, int]:
    """From where on each log is needed."""
    starts: dict[str, int] = {}
    for store in (store for backup in backups for store in backup.stores):
        if "system" in store.facts:
            start, folder = position(store.facts["start"]), _folder(store)
            starts[folder] = min(starts.get(folder, start), start)
    return starts


def _folder(store: SavedStore) -> str:
    facts = store.facts
    return f"{LOG}{store.store}/{facts['system']}/{int(facts['timeline']):08X}"
