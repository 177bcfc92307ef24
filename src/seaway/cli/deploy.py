"""deploy: bring the stack to what the file says, on trial, and report what it cost."""

import asyncio
from dataclasses import replace

import click

from seaway.cli.ask import agree
from seaway.cli.asked import Asked, asked_for, chosen
from seaway.cli.bringing import draw, same, tell
from seaway.cli.command import Command, Option
from seaway.cli.plan import outlook, show_outlook
from seaway.cli.rolling_out import roll_out
from seaway.cli.settings import Settings
from seaway.cli.show import Show


@click.command(
    cls=Command,
    examples=("seaway deploy", "seaway deploy -y --html report.html", "seaway deploy --dry-run"),
)
@click.option("--html", metavar="FILE", cls=Option, help="option html")
@click.option("--bundle", metavar="FILE", cls=Option, help="option bundle")
@click.pass_obj
def deploy(settings: Settings, *, html: str | None, bundle: str | None) -> None:
    """Show the plan, ask, roll out, watch, and keep the release or go back by itself."""
    show = Show(settings)
    here, found, vault = _unpacked(show, bundle) if bundle else asked_for(show)
    ahead = asyncio.run(outlook(found, vault))
    if settings.dry_run:
        show_outlook(show, ahead)
        return
    tell(show, ahead)
    if ahead.count == 0 and here.alive() and same(here.wanted(), ahead.release):
        show.note("note unchanged", stack=here.stack)
        return
    draw(show, ahead)
    agree(show, "ask deploy")
    chosen(settings, here, ahead.release, claimed=not bundle)
    asyncio.run(roll_out(show, here, replace(ahead.release, why="deploy"), html))


def _unpacked(show: Show, bundle: str) -> Asked:
    from seaway.cli.bundle import unpacked  # noqa: PLC0415 -- slow to load, and few ask for it

    return unpacked(show, bundle)
