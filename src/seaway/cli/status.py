"""status: what runs, how it does, and where to reach it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import click

from seaway import wiring
from seaway.cli.command import Command, Option
from seaway.cli.hosted import reached
from seaway.cli.place import Place, place_of
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.tables import as_json, status_rows
from seaway.cli.values import Part
from seaway.engine.doctor import certificates
from seaway.engine.status import Status
from seaway.engine.status import status as look
from seaway.errors import NothingRunning
from seaway.model.finding import Finding
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
    troubles = wiring.troubles(here.state, ledger)
    show_status(show, await current(here, ledger, troubles), names, troubles)


async def _follow(show: Show, here: Place, ledger: SqliteLedger, names: tuple[str, ...]) -> None:
    """Show it again whenever something has happened."""
    event = -1
    while True:
        newest = ledger.last_event()
        if newest != event:
            event = newest
            show.clear()
            troubles = wiring.troubles(here.state, ledger)
            show_status(show, await current(here, ledger, troubles), names, troubles)
        await asyncio.sleep(PAUSE)


async def current(
    here: Place, ledger: SqliteLedger, troubles: Sequence[Finding] = ()
) -> Status:  # fmt: skip
    """The stack as it is now; in trouble the supervisor may not have been able to write it down.

    Raises:
        NothingRunning: nothing is wanted, and nothing is left.
    """
    supervisor = wiring.supervisor_pid(here.state)
    release = ledger.wanted()
    kept = supervisor and not troubles
    seen = ledger.seen() if kept else await observed(here)
    if release is None and not any(not each.phase.over for each in seen):
        raise NothingRunning("SW624", stack=here.stack, environment=here.environment)
    wanted = release or Release(stack=Name(here.stack), environment=here.environment)
    now, known = SystemClock().now(), wiring.certificates(here.state, wanted)
    found = look(wanted, seen, supervisor, now)
    return replace(found, certificates=known, addresses=reached(found.addresses))


async def observed(here: Place) -> tuple[Instance, ...]:
    """What is there, whatever the ledger says."""
    return tuple(await wiring.open_target(here.state, here.stack).observe())


async def something_runs(here: Place) -> bool:
    """Whether anything of the stack is left."""
    return any(not each.phase.over for each in await observed(here))


def show_status(
    show: Show, seen: Status, names: tuple[str, ...] = (), troubles: Sequence[Finding] = ()
) -> None:  # fmt: skip
    """A status as data, in the format that was asked for."""
    troubles = (*troubles, *certificates(seen.certificates, seen.at))
    whole = as_json(seen, names) | {"findings": show.findings_json(troubles)}
    match show.settings.format:
        case Format.TABLE:
            _table(show, seen, names)
            show.beside(troubles)
        case Format.JSON:
            show.json(whole)
        case Format.NDJSON:
            show.json(whole, indent=None)


def _table(show: Show, seen: Status, names: tuple[str, ...]) -> None:
    show.table(("part", "state", "ready", "age", "address", "note"), status_rows(show, seen, names))
    for address in seen.addresses:
        show.line(Cell(address, Tone.STRONG))
    for each in seen.certificates:
        code = "note certificate" if each.until else "note no certificate"
        until = f"{each.until:%Y-%m-%d %H:%M:%S} UTC" if each.until else ""
        show.line(Cell(show.told(code, host=each.host, issuer=each.issuer, until=until)))
    if not seen.supervisor:
        show.note("note no supervisor", Tone.DOUBTFUL)
