"""T15: each kind of thing in a repository is damaged in each way; a check by command finds it.

In vain it says nothing, also while backups, log and rows are being written.
"""

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count, cycle, islice

from seaway.model.backup import OWN, SavedStore
from seaway.saving.archive import HEAD, LOG, WITNESS
from seaway.saving.places import FolderPlace, Place
from seaway.saving.repository import BACKUPS, BLOCKS, CATALOGUE, HEADER
from tests.faults.torture.backups import Saved, saved
from tests.faults.torture.calls import Calls, Said, zygote
from tests.faults.torture.keys_and_objects import bucket_of
from tests.faults.torture.trial import Trial

DAMAGES, DAMAGES_SHORT = 500, 24
CLEAN, CLEAN_SHORT = 100, 4
EACH = 20
"""Checks in vain for each backup that is taken meanwhile."""
SEGMENTS = 4
"""Whole ones of the log, at least: each is read by each check."""
PATIENCE = 400.0
"""Seconds for one check, on a machine that is busy: a late one has found no less."""
KINDS = ("flip", "truncate", "delete", "swap", "zero", "stale", "grow")
OBJECTS = 21
"""Of 1 byte to 1 MB."""
ROWS = """
DO $$ BEGIN
  CREATE TABLE IF NOT EXISTS t (id serial PRIMARY KEY, v text);
  INSERT INTO t (v) SELECT md5(random()::text) FROM generate_series(1, 20000);
END $$
"""


@dataclass(frozen=True)
class File:
    """One of what is kept."""

    place: Place
    name: str

    def read(self) -> bytes:
        return self.place.read(self.name)

    def write(self, content: bytes) -> None:
        self.place.write(self.name, content)

    def remove(self) -> None:
        self.place.remove(self.name)


@dataclass(frozen=True)
class Thing:
    """A kind of thing: its files, and what an earlier time had in the place of each."""

    files: Sequence[File]
    older: Mapping[str, bytes] = field(default_factory=dict[str, bytes])


async def damaged_bucket(trial: Trial) -> None:
    """The same with an object store of another stack."""
    await damaged_backups(trial, bucket=True)


async def damaged_backups(trial: Trial, *, bucket: bool = False) -> None:
    """Every byte that is changed, cut off, lost, older or another's is found (D4)."""
    with saved(trial, others=True, bucket=bucket) as made:
        async with zygote(trial.folder) as door:
            check = Calls(trial.folder, made.state, door)
            async with made.database() as session:
                await session.run(ROWS)
            bucket = await bucket_of(made)
            for number in range(OBJECTS):
                bucket.put(f"object{number}", trial.chance.randbytes(1 << number))
            before = _overwritten(made)
            await _in_vain(trial, made, check)
            await asyncio.to_thread(made.call, "backup")
            await asyncio.to_thread(made.call, "down")
            things = _things(made, before)
            trial.tally.more["things"] = ", ".join(f"{k} {len(v.files)}" for k, v in things.items())
            await _matrix(trial, things, check)
            said = await _checked(check)
            trial.tally.demand(said.status == 0, f"left behind by the test: {said.err}")


async def _checked(check: Calls) -> Said:
    running = await check.begin("backups", "--check", "--no-color")
    return await running.ended(PATIENCE)


async def _in_vain(trial: Trial, made: Saved, check: Calls) -> None:
    """Checks of what is sound, while it grows; then as often while nothing happens."""
    rounds = trial.times_here(CLEAN, CLEAN_SHORT)
    writing = asyncio.create_task(_writing(made))
    try:
        for number in range(rounds):
            if number % EACH == 1:
                await asyncio.to_thread(made.call, "backup")
            said = await _checked(check)
            trial.tally.demand(said.status == 0, f"in vain: {said.status} {said.out} {said.err}")
    finally:
        writing.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await writing
    trial.tally.more["clean"] = rounds


async def _writing(made: Saved) -> None:
    async with made.database() as session:
        for number in count():
            await session.run("INSERT INTO t (v) SELECT 'x' FROM generate_series(1, 500)")
            if number < SEGMENTS:
                await session.run("SELECT pg_switch_wal()")
            await asyncio.sleep(0.5)


# ------------------------------------------------------------------------------------- the things


def _overwritten(made: Saved) -> Mapping[str, bytes]:
    """What is written again and again, as it is now."""
    names = (CATALOGUE, HEAD, WITNESS)
    place = made.place
    return {
        each: place.read(each) for each in place.names("") if each.rpartition("/")[2] in names
    }  # fmt: skip


def _things(made: Saved, before: Mapping[str, bytes]) -> Mapping[str, Thing]:
    """Everything in the repository by its kind, and the key to it."""
    place, backups = made.place, list(made.repository.backups())
    logs = [each for each in place.names(LOG) if each.rpartition("/")[2].startswith("0")]
    names = {
        "header": [HEADER],
        "catalogue": [CATALOGUE],
        "manifest": [f"{BACKUPS}{each.name}" for each in backups],
        "segment": [each for each in logs if "." not in each],
        "piece": [each for each in logs if "." in each],
        **{last: [each for each in place.names(LOG) if each.endswith(f"/{last}")]
           for last in (HEAD, WITNESS)},
    }  # fmt: skip
    found = {kind: _row(place, each, before) for kind, each in names.items() if each}
    found["vault"] = Thing([File(FolderPlace(made.state / made.name), "vault")])
    for store in backups[-1].stores:
        found[f"blocks of {store.store}"] = _of_store(place, backups[0].find(store.store), store)
    assert found.keys() >= {f"blocks of {each}" for each in ("db", "cache", "files", OWN)}
    return {name: thing for name, thing in found.items() if thing.files}


def _row(place: Place, names: Sequence[str], before: Mapping[str, bytes]) -> Thing:
    """In the place of each what it once was, or the one before it."""
    older = {
        name: before.get(name) or place.read(names[at - 1]) for at, name in enumerate(names)
    }  # fmt: skip
    return Thing([File(place, name) for name in names], older)


def _of_store(place: Place, first: SavedStore | None, last: SavedStore) -> Thing:
    """Blocks of the last backup of a store; of an older one, what held the same files."""
    files = {piece.block for file in last.files for piece in file.pieces}
    held = {file.path: file for file in first.files} if first else {}
    older: dict[str, bytes] = {}
    for file in last.files:
        before = held[file.path].pieces if file.path in held else ()
        for mine, its in zip(file.pieces, before, strict=False):
            older[_block(mine.block)] = place.read(_block(its.block))
    return Thing([File(place, _block(each)) for each in sorted(files)], older)


def _block(name: str) -> str:
    return f"{BLOCKS}{name[:2]}/{name}"


# ------------------------------------------------------------------------------------- the damages


async def _matrix(trial: Trial, things: Mapping[str, Thing], check: Calls) -> None:
    """Each thing in each way, in turns, until there were enough."""
    every = [each for thing in things.values() for each in thing.files]
    pairs = [(name, kind) for name in things for kind in KINDS]
    trial.chance.shuffle(pairs)
    wanted, tried = trial.times_here(DAMAGES, DAMAGES_SHORT), set[tuple[str, str]]()
    for name, kind in islice(cycle(pairs), wanted * 3):
        if trial.tally.faults >= wanted:
            break
        thing = things[name]
        file = trial.chance.choice(thing.files)
        with _damaged(trial, kind, file, (thing, every)) as really:
            if not really:
                continue
            trial.tally.faults += 1
            tried.add((name, kind))
            said = await _checked(check)
        found = said.status not in {0, None} and "Traceback" not in said.err
        trial.tally.demand(found, f"{kind} of {name} {file.name}: {said.status} {said.err[-300:]}")
    trial.tally.more["pairs"] = len(tried)


@contextmanager
def _damaged(
    trial: Trial, kind: str, file: File, among: tuple[Thing, Sequence[File]]
) -> Iterator[bool]:  # fmt: skip
    """For as long as the block runs; tells whether anything is really other than before."""
    before = file.read()
    changed = _changed(trial, kind, (file, before), among)
    try:
        if changed is None:
            file.remove()
        elif changed != before:
            file.write(changed)
        yield changed != before
    finally:
        if changed != before:
            file.write(before)


def _changed(  # noqa: PLR0911 -- one for each way
    trial: Trial, kind: str, told: tuple[File, bytes], among: tuple[Thing, Sequence[File]]
) -> bytes | None:  # fmt: skip
    (file, before), (thing, every) = told, among
    at = trial.chance.randrange(len(before))
    match kind:
        case "flip":
            return before[:at] + bytes([before[at] ^ 1 << at % 8]) + before[at + 1 :]
        case "truncate":
            return before[:at]
        case "zero":
            return before[:at] + bytes(len(before[at : at + 512])) + before[at + 512 :]
        case "swap":
            return trial.chance.choice(every).read()
        case "stale":
            return thing.older.get(file.name, before)
        case "delete":
            return None
        case _:
            return before + b"\0"
