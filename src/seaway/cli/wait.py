"""wait: until parts are ready, for scripts."""

import asyncio

import click

from seaway.cli.command import Command
from seaway.cli.patience import patience
from seaway.cli.place import place_of
from seaway.cli.settings import Settings
from seaway.cli.show import Show, Tone
from seaway.cli.values import Part
from seaway.engine.wait import until_ready


@click.command(cls=Command, examples=("seaway wait", "seaway wait api db --timeout 2m"))
@click.argument("names", nargs=-1, metavar="[PART]...", type=Part())
@click.pass_obj
def wait(settings: Settings, *, names: tuple[str, ...]) -> None:
    """Return when all that was named is ready."""
    show = Show(settings)
    here = place_of(settings)
    ledger = here.ledger()
    here.known(ledger, names)
    asyncio.run(until_ready(ledger, names, patience(here, settings)))
    show.note("note ready", Tone.GOOD, names=", ".join(names) or here.stack)
