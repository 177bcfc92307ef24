"""restart: new instances of the same, one after the other where that is possible."""

import asyncio

import click

from seaway.cli.apply import apply_aside, wanted
from seaway.cli.command import Command
from seaway.cli.place import place_of
from seaway.cli.settings import Settings
from seaway.cli.show import Show
from seaway.cli.values import Part
from seaway.engine.restart import restarted


@click.command(cls=Command, examples=("seaway restart api", "seaway restart"))
@click.argument("names", nargs=-1, metavar="[PART]...", type=Part())
@click.pass_obj
def restart(settings: Settings, *, names: tuple[str, ...]) -> None:
    """Replace the instances of some parts, or of all services and stores."""
    here = place_of(settings)
    ledger = here.ledger()
    asyncio.run(apply_aside(Show(settings), here, restarted(wanted(here, ledger), names)))
