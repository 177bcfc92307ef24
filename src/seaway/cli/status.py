"""status: what runs, how it does, and where to reach it."""

import asyncio

import click

from seaway import wiring
from seaway.cli.command import Command, Option
from seaway.cli.place import Place, place_of
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.tables import as_json, status_rows
from seaway.cli.values import Part
from seaway.engine.status import Status
from seaway.engine.status import status as look
from seaway.errors import NothingRunning
from seaway.model.instance import Instance
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.stores.clock import SystemClock
from seaway.stores.ledger import SqliteLedger

PAUSE = 0.5
"""Seconds between two looks with `--follow`."""


@click.command(
    cls=Command, examples=("seaway status", "seaway status --follow", "seaway status --format json")
)
@click.option("--follow", is_flag=True, cls=Option, help="option follow")
@click.argument("names", nargs=-1, metavar="[PART]...", type=Part())
@click.pass_obj
def status(settings: Settings, *, follow: bool, names: tuple[str, ...]) -> None:
    """Show the stack, once or until interrupted."""
    show = Show(settings)
    here = place_of(settings)
    ledger = here.ledger()
    here.known(ledger, names)
    asyncio.run(_follow(show, here, ledger, names) if follow else _once(show, here, ledger, names))


async def _once(show: Show, here: Place, ledger: SqliteLedger, names: tuple[str, ...]) -> None:
    show_status(show, await current(here, ledger), names)


async def _follow(show: Show, here: Place, ledger: SqliteLedger, names: tuple[str, ...]) -> None:
    """Show it again whenever something has happened."""
    event = -1
    while True:
        newest = ledger.last_event()
        if newest != event:
            event = newest
            show.clear()
            show_status(show, await current(here, ledger), names)
        await asyncio.sleep(PAUSE)


async def current(here: Place, ledger: SqliteLedger) -> Status:
    """The stack as it is now.

    Raises:
        NothingRunning: nothing is wanted, and nothing is left.
    """
    supervisor = wiring.supervisor_pid(here.state)
    release = ledger.wanted()
    seen = ledger.seen() if supervisor else await _observed(here)
    if release is None and not any(not each.phase.over for each in seen):
        raise NothingRunning("SW624", stack=here.stack, environment=here.environment)
    wanted = release or Release(stack=Name(here.stack), environment=here.environment)
    return look(wanted, seen, supervisor, SystemClock().now())


async def _observed(here: Place) -> tuple[Instance, ...]:
    """What is there, where no supervisor lives that would keep the ledger up to date."""
    return tuple(await wiring.open_target(here.state, here.stack).observe())


def show_status(show: Show, seen: Status, names: tuple[str, ...] = ()) -> None:
    """A status as data, in the format that was asked for."""
    match show.settings.format:
        case Format.TABLE:
            _table(show, seen, names)
        case Format.JSON:
            show.json(as_json(seen, names))
        case Format.NDJSON:
            show.json(as_json(seen, names), indent=None)


def _table(show: Show, seen: Status, names: tuple[str, ...]) -> None:
    show.table(("part", "state", "ready", "age", "address", "note"), status_rows(show, seen, names))
    for address in seen.addresses:
        show.line(Cell(address, Tone.STRONG))
    if not seen.supervisor:
        show.note("note no supervisor", Tone.DOUBTFUL)
