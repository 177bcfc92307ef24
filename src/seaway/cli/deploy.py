"""deploy: bring the stack to what the file says, on trial, and report what it cost."""

import asyncio
from dataclasses import replace

import click

from seaway import wiring
from seaway.cli.ask import agree
from seaway.cli.bringing import draw, same, tell
from seaway.cli.command import Command, Option
from seaway.cli.place import options, place, stack_file
from seaway.cli.plan import outlook, show_outlook
from seaway.cli.rolling_out import roll_out
from seaway.cli.settings import Settings
from seaway.cli.show import Show


@click.command(
    cls=Command,
    examples=("seaway deploy", "seaway deploy -y --html report.html", "seaway deploy --dry-run"),
)
@click.option("--html", metavar="FILE", cls=Option, help="option html")
@click.pass_obj
def deploy(settings: Settings, *, html: str | None) -> None:
    """Show the plan, ask, roll out, watch, and keep the release or go back by itself."""
    show = Show(settings)
    stack = wiring.read_stack(options(settings))
    here = place(stack.name, stack.environment)
    vault = wiring.open_vault(here.state)
    show.beside(here.claimed(stack_file(settings)))
    if settings.dry_run:
        found = wiring.demanded(wiring.resolved(stack, vault.versions()))
        show_outlook(show, asyncio.run(outlook(found, vault)))
        return
    ahead = asyncio.run(outlook(wiring.ready_to_record(stack, vault), vault))
    tell(show, ahead)
    if ahead.count == 0 and here.alive() and same(here.wanted(), ahead.release):
        show.note("note unchanged", stack=here.stack)
        return
    draw(show, ahead)
    agree(show, "ask deploy")
    wiring.choose_target(here.state, ahead.release)
    here.claim(stack_file(settings))
    asyncio.run(roll_out(show, here, replace(ahead.release, why="deploy"), html))
