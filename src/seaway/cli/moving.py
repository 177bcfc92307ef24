"""Moving: the data of a stack goes from one environment to another, and can be had back."""

import asyncio
import json
import secrets
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import timedelta

from seaway import wiring
from seaway.cli import restoring
from seaway.cli.apply import apply
from seaway.cli.backup_places import Group, target_of
from seaway.cli.place import Place
from seaway.cli.restoring import Given
from seaway.cli.show import Show
from seaway.durable import make_folder, write_whole
from seaway.engine.backup import Taker
from seaway.engine.drill import Content
from seaway.engine.failover import without_handovers
from seaway.engine.move import differing, held, quiet
from seaway.engine.restore import Wish, choose
from seaway.errors import SeawayError, UsageError
from seaway.model.backup import Saving
from seaway.model.release import Release
from seaway.saving.places import FolderPlace
from seaway.saving.repository import Repository
from seaway.stores.clock import SystemClock

PASSAGE = "moving"
"""The folder in which data is on its way, sealed by a key that is never written down."""
NAMED = 5
"""So many of what differs are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """From where to where, and what."""

    show: Show
    here: Place
    there: Place
    release: Release
    """What runs here."""
    wanted: Release
    """What is to run there."""
    savings: Sequence[Saving]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What came of it."""

    size: int
    """Bytes that are there now."""
    down: timedelta
    """From the stop of the writers until everything served there."""


async def moved(move: Move) -> Moved:
    """Stop the writers, take everything there, compare it, and switch over.

    Whatever fails or is interrupted: nothing is left there, and here everything runs as before.

    Raises:
        SeawayError: SW870, something is not the same there; or why it could not be done.
    """
    clock = SystemClock()
    began = clock.now()
    async with AsyncExitStack() as undo:
        undo.push_async_callback(_as_before, move)
        await apply(move.show, move.here, quiet(move.release))
        before = await held(target_of(move.here), move.release, move.savings)
        undo.push_async_callback(_emptied, move.show, move.there)
        given = await _taken(move)
        await restoring.come_up(move.show, move.there, move.wanted, [given])
        await _compared(move, before)
        if any(each.replicas > 1 for each in move.wanted.workloads if each.volumes):
            await restoring.stopped(move.show, move.there)
        await restoring.stopped(move.show, move.here)
        _mark(move)
        await apply(move.show, move.there, move.wanted)
        undo.pop_all()
    size = sum(part.store.size for part in given.choice.parts)
    return Moved(size=size, down=clock.now() - began)


async def _taken(move: Move) -> Given:
    """All of it, in a folder that is removed with what it was needed for."""
    folder = move.there.state.root / PASSAGE
    make_folder(move.there.state.root, 0o711)
    await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
    repository = Repository.at(FolderPlace(folder), secrets.token_bytes(32))
    taker = Taker(repository=repository, target=target_of(move.here), clock=SystemClock(), own={})
    taken = await taker.take(move.release, move.savings)
    group = Group(repository, tuple(move.savings))
    choice = await asyncio.to_thread(choose, repository, Wish(backup=taken.backup.name))
    return Given(group, choice)


async def _compared(move: Move, before: Mapping[str, Content]) -> None:
    after = await held(target_of(move.there), move.wanted, move.savings)
    if wrong := tuple(differing(before, after)):
        raise SeawayError("SW870", what=", ".join(wrong[:NAMED]), count=len(wrong))
    await asyncio.to_thread(shutil.rmtree, move.there.state.root / PASSAGE)


async def _emptied(show: Show, there: Place) -> None:
    """No data of it is left there; logs, secrets and the ledger are."""
    await restoring.stopped(show, there)
    await target_of(there).destroy()
    await asyncio.to_thread(shutil.rmtree, there.state.root / PASSAGE, ignore_errors=True)


async def _as_before(move: Move) -> None:
    move.here.state.moved.unlink(missing_ok=True)
    await _up_again(move.show, move.here, move.release)


async def _up_again(show: Show, here: Place, release: Release) -> None:
    again = replace(release, number=0, created=SystemClock().now(), why="move")
    await apply(show, here, without_handovers(again))


# ------------------------------------------------------------------------------------ the way back


def _mark(move: Move) -> None:
    """From here on nothing starts here by mistake: what is here grows old."""
    told = {
        "to": move.there.environment, "release": move.release.number,
        "at": SystemClock().now().isoformat(),
    }  # fmt: skip
    write_whole(move.here.state.moved, json.dumps(told), durable=True)


def where_to(here: Place) -> tuple[str, int]:
    """The environment its data was moved to, and the release that ran here.

    Raises:
        UsageError: SW871, it was not.
    """
    try:
        told = json.loads(here.state.moved.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UsageError("SW871", stack=here.stack, environment=here.environment) from error
    return str(told["to"]), int(told["release"])


async def taken_back(show: Show, here: Place, there: Place, number: int) -> None:
    """What ran here runs here again, on the data as it was then; there everything is stopped."""
    found = wiring.open_ledger(here.state).find(number)
    if found is None:
        raise UsageError("SW871", stack=here.stack, environment=here.environment)
    if there.state.ledger.exists():
        await restoring.stopped(show, there)
    here.state.moved.unlink()
    await _up_again(show, here, found[0])
