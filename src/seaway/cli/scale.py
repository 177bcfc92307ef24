"""scale: another number of equal instances."""

import asyncio
from collections.abc import Sequence

import click

from seaway.cli.apply import apply_aside, wanted
from seaway.cli.command import Command
from seaway.cli.place import place_of
from seaway.cli.settings import Settings
from seaway.cli.show import Show
from seaway.engine.scale import scaled
from seaway.errors import UsageError


@click.command(cls=Command, examples=("seaway scale api=3", "seaway scale api=3 worker=5"))
@click.argument("numbers", nargs=-1, required=True, metavar="SERVICE=N...")
@click.pass_obj
def scale(settings: Settings, *, numbers: tuple[str, ...]) -> None:
    """Change the number of instances of some services."""
    here = place_of(settings)
    ledger = here.ledger()
    release = scaled(wanted(here, ledger), asked := _numbers(numbers))
    own = {each.name for each in release.workloads if each.scaling}
    ledger.scale({name: number for name, number in asked.items() if name in own})
    asyncio.run(apply_aside(Show(settings), here, release))


def _numbers(written: Sequence[str]) -> dict[str, int]:
    """`api=3` or `api 3`, the latter for one service only."""
    pairs = ["=".join(written)] if len(written) == 2 and "=" not in "".join(written) else written  # noqa: PLR2004 -- a name and a number
    found: dict[str, int] = {}
    for pair in pairs:
        name, _, number = pair.partition("=")
        if not (name and number.isascii() and number.isdigit()):
            raise UsageError("SW632", value=pair)
        found[name] = int(number)
    return found
