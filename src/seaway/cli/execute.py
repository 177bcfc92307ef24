"""exec: a command where a service runs."""

import asyncio
from dataclasses import replace

import click

from seaway import wiring
from seaway.cli.command import Program
from seaway.cli.place import Place, place_of
from seaway.cli.settings import Settings
from seaway.cli.values import Part
from seaway.engine.execute import execute as run
from seaway.errors import NothingRunning

EXAMPLES = ("seaway exec api -- python -m lantern.migrate", "seaway exec api.1 -- sh")


@click.command(
    "exec", cls=Program, examples=EXAMPLES, context_settings={"allow_interspersed_args": False}
)
@click.argument("name", metavar="SERVICE", type=Part())
@click.argument("argv", nargs=-1, required=True, metavar="COMMAND...", type=click.UNPROCESSED)
@click.pass_context
def execute(ctx: click.Context, *, name: str, argv: tuple[str, ...]) -> None:
    """Run it there; end with its status."""
    settings = ctx.obj if isinstance(ctx.obj, Settings) else Settings()
    command = argv[1:] if argv[0] == "--" else argv
    ctx.exit(asyncio.run(_run(place_of(settings), name, command)))


async def _run(here: Place, name: str, argv: tuple[str, ...]) -> int:
    ledger = here.ledger()
    release = ledger.wanted()
    if release is None:
        raise NothingRunning("SW624", stack=here.stack, environment=here.environment)
    target = wiring.open_target(here.state, here.stack)
    said = {each.id: each.said for each in ledger.seen()}  # it is the supervisor who asks members
    seen = [replace(each, said=said.get(each.id)) for each in await target.observe()]
    return await run(release, seen, target, name, argv)
