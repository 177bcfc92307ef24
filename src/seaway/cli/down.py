"""down: stop everything; with a name given, remove its data too."""

import asyncio
from contextlib import suppress

import click

from seaway import wiring
from seaway.cli.ask import answer
from seaway.cli.begin import going_on
from seaway.cli.command import Command, Option
from seaway.cli.page import size
from seaway.cli.patience import patience
from seaway.cli.place import Place, place_of
from seaway.cli.progress import progress
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.status import current, something_runs
from seaway.engine.status import Status
from seaway.engine.wait import until_gone
from seaway.errors import NothingRunning, UsageError

ASK = "?"
"""`--destroy-data` without a name: it is asked for."""

EXAMPLES = ("seaway down", "seaway down --timeout 1m", "seaway down --destroy-data shop")


@click.command(cls=Command, examples=EXAMPLES)
@click.option(
    "--destroy-data", "destroy", is_flag=False, flag_value=ASK, default=None, metavar="[STACK]",
    cls=Option, help="option destroy data",
)  # fmt: skip
@click.pass_obj
def down(settings: Settings, *, destroy: str | None) -> None:
    """Stop everything that runs."""
    show = Show(settings)
    here = place_of(settings)
    asyncio.run(_down(show, here) if destroy is None else _destroy(show, here, destroy))


async def _down(show: Show, here: Place) -> None:
    if show.settings.dry_run:
        _foretold(show, await current(here, here.ledger()))
        return
    with going_on(show):
        await take_down(show, here)
    show.note("note down", Tone.GOOD, stack=here.stack)


def _foretold(show: Show, seen: Status) -> None:
    """What would be stopped, as data."""
    names = [each.name for each in seen.workloads]
    match show.settings.format:
        case Format.TABLE:
            for name in names:
                show.line(Cell(show.told("note would stop", name=name)))
        case Format.JSON:
            show.json({"stack": seen.stack, "environment": seen.environment, "stops": names})
        case Format.NDJSON:
            for name in names:
                show.json({"stops": name}, indent=None)


async def take_down(show: Show, here: Place) -> None:
    """Return when nothing of the stack is left.

    Raises:
        NothingRunning: there was nothing.
        WaitTimedOut: it took longer than `--timeout`; the supervisor goes on.
    """
    ledger = here.ledger()
    await current(here, ledger)
    after = ledger.last_event()
    ledger.want_nothing()
    await wiring.ensure_supervisor(here.state, here.stack, here.environment)
    with progress(show, ledger) as watch:
        limit = patience(here, show.settings, watch=watch)
        await until_gone(ledger, after, limit, lambda: something_runs(here))


async def _destroy(show: Show, here: Place, given: str) -> None:
    """What would be lost is shown before the name is asked for."""
    target = wiring.open_target(here.state, here.stack)
    kept = await target.volumes()
    for workload, volume, used in kept:
        show.aside(Cell(show.told("note volume", name=f"{workload}/{volume}", size=size(used))))
    if show.settings.dry_run:
        return
    name = given if given != ASK else answer(show, "ask name of stack", stack=here.stack)
    if name != here.stack:
        raise UsageError("SW616", stack=here.stack, given=name)
    with suppress(NothingRunning):  # its data can be removed all the same
        await take_down(show, here)
    await target.destroy()
    here.state.moved.unlink(missing_ok=True)  # there is nothing older here any more
    show.note("note destroyed", Tone.GOOD, stack=here.stack, count=len(kept))
