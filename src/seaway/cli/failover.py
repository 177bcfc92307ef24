"""failover: another member of a store leads from now on."""

import asyncio

import click

from seaway.cli.apply import apply_aside, wanted
from seaway.cli.command import Command, Option
from seaway.cli.place import place_of
from seaway.cli.settings import Settings
from seaway.cli.show import Show
from seaway.cli.values import Part
from seaway.engine.failover import handed_over


@click.command(cls=Command, examples=("seaway failover db", "seaway failover db --to db-1a2b3c"))
@click.option("--to", "to", default="", metavar="INSTANCE", cls=Option, help="option failover to")
@click.argument("name", metavar="STORE", type=Part())
@click.pass_obj
def failover(settings: Settings, *, name: str, to: str) -> None:
    """Let a standby take over while all is well; what led follows it afterwards."""
    here = place_of(settings)
    ledger = here.ledger()
    release = handed_over(wanted(here, ledger), ledger.seen(), name, to)
    asyncio.run(apply_aside(Show(settings), here, release))
