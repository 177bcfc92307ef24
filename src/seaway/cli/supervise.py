"""supervise: keep one stack running; started by `seaway up`, not by people."""

import asyncio

import click

from seaway import wiring
from seaway.cli.command import Command, Option
from seaway.cli.settings import Settings


@click.command(cls=Command, hidden=True, examples=("seaway supervise --stack shop",))
@click.option("--stack", metavar="NAME", cls=Option, help="option stack")
@click.pass_obj
def supervise(settings: Settings, *, stack: str | None) -> None:
    """Be the supervisor until nothing is wanted any more; without a name, wait to be told one."""
    try:
        if stack is None:
            wiring.supervise_when_told()
        else:
            asyncio.run(wiring.supervise(stack, settings.environment))
    except asyncio.CancelledError:  # asked to end by a signal: everything goes on running
        return
