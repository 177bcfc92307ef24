"""Restoring: data from backups comes up in a stack of its own, is looked at, and changes places."""

import asyncio
import shutil
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from seaway import wiring
from seaway.cli.backup_places import Group, target_of
from seaway.cli.begin import begin
from seaway.cli.down import take_down
from seaway.cli.patience import patience
from seaway.cli.place import Place, place
from seaway.cli.show import Show
from seaway.cli.status import something_runs
from seaway.durable import make_folder, write_whole
from seaway.engine.restore import Choice, Giver, looked_at, only_stores
from seaway.engine.wait import until_in_place
from seaway.errors import DataRefused, NothingRunning, ReleaseFailed, SeawayError, UsageError
from seaway.model.backup import OWN
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.ports.saving import KEY
from seaway.ports.target import LogQuery
from seaway.saving import giving_back
from seaway.saving.packing import Unpacker
from seaway.stores.lock import first
from seaway.targets.local.aside import Aside, Change, Side
from seaway.targets.local.volumes import Volumes

ENDED_EARLY = "recovery ended before configured recovery target was reached"
"""What PostgreSQL says where nothing was committed after the moment that was asked for."""
VAULT = ("vault", "vault.key")


@dataclass(frozen=True, slots=True)
class Given:
    """What is to be given back, from one place."""

    group: Group
    choice: Choice


def stores_of(given: Sequence[Given]) -> frozenset[Name]:
    """All stores that are given back."""
    return frozenset(name for each in given for name in each.choice.stores)


async def come_up(
    show: Show, there: Place, release: Release, given: Sequence[Given], *, lasting: bool = False
) -> None:  # fmt: skip
    """Fill the stores in an empty place, start them, and see what they hold.

    What is `lasting` is to go on in the place of what was saved.

    Raises:
        SeawayError: something is damaged, or a server does not start on it.
    """
    small = only_stores(release, stores_of(given), stack=Name(there.stack))
    wiring.choose_target(there.state, small)
    target = target_of(there)
    for each in given:
        giver = Giver(repository=each.group.repository, target=target, lasting=lasting)
        await giver.fill(small, each.choice)
    await _started(show, there, small, given)
    for each in given:
        giver = Giver(repository=each.group.repository, target=target)
        await giver.finish(small, each.choice)
        await looked_at(target, small, each.choice)
    for name in stores_of(given):
        workload = small.find(name)
        if workload and getattr(workload.program, "part", "") == "postgres":
            giving_back.tidy_postgres(_folder(there, name))


def _folder(there: Place, store: str) -> Path:
    return there.state.volume(store, "data") / "data"


async def _started(show: Show, there: Place, small: Release, given: Sequence[Given]) -> None:
    """Nothing may have happened since the moment that was asked for: then all of the log counts."""
    try:
        await brought_up(show, there, small)
    except (ReleaseFailed, SeawayError):
        late = [
            part.store.store for each in given for part in each.choice.parts if part.until.moment
        ]  # fmt: skip
        ended = [name for name in late if await _ended_early(there, name)]
        if not ended:
            raise
        await stopped(show, there)
        for name in ended:
            giving_back.drop_target(_folder(there, name))
        await brought_up(show, there, small)


async def brought_up(
    show: Show, there: Place, release: Release, otherwise: timedelta | None = None
) -> None:
    """Begin, and return when it is in place; nothing is shown meanwhile.

    Raises:
        SeawayError: it cannot be, or not within `--timeout`, else `otherwise`.
    """
    begun = await begin(show, there, release)
    ledger = wiring.open_ledger(there.state)
    limit = patience(there, show.settings, otherwise=otherwise)
    await until_in_place(ledger, begun.release.number, begun.after, limit)


async def _ended_early(there: Place, store: str) -> bool:
    target = target_of(there)
    query = LogQuery(workloads=frozenset({store}), grep=ENDED_EARLY)
    async for _ in target.lines(query):
        return True
    return False


async def stopped(show: Show, there: Place) -> None:
    """Return when nothing of it runs."""
    with suppress(NothingRunning):
        await take_down(show, there)


# ------------------------------------------------------------------------------------- secrets


def with_secrets(there: Place, source: Place, given: Sequence[Given]) -> None:
    """The vault of the stack where it opens these backups, else the one that they hold.

    Where all is lost the ledger comes from there, too.

    Raises:
        UsageError: SW847, neither is there.
    """
    here = source.state.vault
    if here.exists() and KEY in wiring.open_vault(source.state).versions():
        if there.state.root != source.state.root:
            same_secrets(there, source)
        return
    for each in given:
        store = each.choice.own.find(OWN)
        files = {file.path: file for file in store.files} if store else {}
        if "vault" not in files:
            continue
        unpacker = Unpacker(each.group.repository)
        make_folder(there.state.root, 0o711)
        wanted = (*reversed(VAULT), *(() if there.state.ledger.exists() else ("ledger.db",)))
        for name in wanted:
            if name in files:
                content = unpacker.content(files[name])
                write_whole(there.state.root / name, content, durable=True)
        return
    raise UsageError("SW847")


def same_secrets(there: Place, source: Place) -> None:
    """The vault of the one is that of the other."""
    vault = source.state.vault
    make_folder(there.state.root, 0o711)
    for path in (vault.with_name(f"{vault.name}.key"), vault):
        if path.exists():
            write_whole(there.state.root / path.name, path.read_bytes(), durable=True)


# ------------------------------------------------------------------------------ changing places


def fresh(show: Show, stack: str, environment: str) -> Place:
    """An empty place of that name.

    Raises:
        UsageError: SW848, there is something.
    """
    del show
    there = place(stack, environment)
    if there.state.root.exists() and any(there.state.root.iterdir()):
        raise UsageError("SW848", stack=stack)
    return there


@asynccontextmanager
async def emptied(show: Show, there: Place) -> AsyncGenerator[None]:
    """Nothing is there before, and nothing of it is left after."""
    await removed(show, there)
    try:
        yield
    finally:
        await removed(show, there)


async def removed(show: Show, there: Place) -> None:
    """Nothing of it is left."""
    if not there.state.root.exists():
        return
    if there.state.ledger.exists():
        await stopped(show, there)
        if await something_runs(there):
            raise DataRefused("SW849", stack=there.stack)
    await asyncio.to_thread(shutil.rmtree, there.state.root, onerror=_unless_gone)


def _unless_gone(
    _function: object, _path: object, raised: tuple[type[BaseException], BaseException, object]
) -> None:
    """A supervisor that ends meanwhile takes some of its files away itself."""
    if not isinstance(raised[1], FileNotFoundError):
        raise raised[1]


@contextmanager
def alone(here: Place) -> Generator[None]:
    """What comes up beside it, and what is aside, belongs to one command at a time.

    Raises:
        UsageError: SW880, another one is at it.
    """
    if not here.state.root.exists():  # nothing is there that could change places
        yield
        return
    with first(here.state.root / "restore.lock") as mine:
        if not mine:
            raise UsageError("SW880", stack=here.stack)
        yield


def exchanged(here: Place, there: Place, stores: frozenset[Name], label: str) -> None:
    """The data of `there` becomes that of `here`, whose own is put aside under the label.

    Raises:
        OSError: it could not be, as where a volume is a disk of its own; all is as it was.
    """
    aside, other = Aside(here.state), Volumes(there.state)
    change = Change(label=label, stores=sorted(stores), turning=True)
    aside.note(change)
    try:
        for store in change.stores:
            other.take_out(store, aside.folder(change, Side.RESTORED, store))
        _turned(here, change)
    except OSError:
        taken_back(here)
        raise


def taken_back(here: Place) -> None:
    """The data that the last restore put aside is in place again; that of the restore is aside.

    Called once more it is the other way round. Where either was broken off, all is as before it.

    Raises:
        UsageError: SW851, nothing is aside.
    """
    change = last(here)
    live = Side.BEFORE if change.turning else change.live.other
    change = replace(change, live=live, turning=True)
    Aside(here.state).note(change)
    _turned(here, change)


def _turned(here: Place, change: Change) -> None:
    aside, volumes = Aside(here.state), Volumes(here.state)
    for store in change.stores:
        comes = aside.folder(change, change.live, store)
        volumes.exchange(store, comes, aside.folder(change, change.live.other, store))
    aside.note(replace(change, turning=False))


def last(here: Place) -> Change:
    """The last restore that put something aside.

    Raises:
        UsageError: SW851, nothing is aside.
    """
    change = Aside(here.state).change()
    if change is None:
        raise UsageError("SW851", stack=here.stack)
    return change


def refuse_broken_off(here: Place) -> None:
    """Return unless the last change of places was broken off.

    Raises:
        UsageError: SW879, it was: what is aside may be all there is of a store.
    """
    change = Aside(here.state).change()
    if change and change.turning:
        raise UsageError("SW879", stack=here.stack)


def confirmed(here: Place) -> None:
    """What is aside is removed for good."""
    refuse_broken_off(here)
    Aside(here.state).remove()


def holds_data(here: Place, release: Release, stores: frozenset[Name]) -> bool:
    """Whether any of those stores has data already."""
    return any(
        any(folder.iterdir())
        for name in stores if (workload := release.find(name))
        for slot in range(max(workload.replicas, 1))
        for folder in Volumes(here.state).folders(workload, slot).values() if folder.exists()
    )  # fmt: skip
