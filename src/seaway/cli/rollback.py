"""rollback: an older release is wanted again; nothing is built, nothing is fetched."""

import asyncio

import click

from seaway import wiring
from seaway.cli.ask import agree
from seaway.cli.bringing import draw
from seaway.cli.command import Command, Option
from seaway.cli.place import Place, place_of
from seaway.cli.plan import Outlook, show_outlook
from seaway.cli.rolling_out import roll_out
from seaway.cli.settings import Settings
from seaway.cli.show import Show, Tone
from seaway.engine.rollback import MOST, again, as_it_serves, earlier, jobs_since, need
from seaway.model.release import ROLLBACK, Release
from seaway.plan.changes import changes, fates
from seaway.stores.clock import SystemClock


@click.command(
    cls=Command, examples=("seaway rollback", "seaway rollback 12 -y", "seaway rollback --dry-run")
)
@click.option("--html", metavar="FILE", cls=Option, help="option html")
@click.argument("number", required=False, type=int, metavar="[RELEASE]")
@click.pass_obj
def rollback(settings: Settings, *, html: str | None, number: int | None) -> None:
    """Go back to a recorded release, by default to the last good one before this."""
    show, here = Show(settings), place_of(settings)
    ledger = here.ledger()
    old, wanted = earlier(ledger, number), ledger.wanted()
    if wanted and here.alive() and as_it_serves(old) == as_it_serves(wanted):
        show.note("note nothing else", release=old.number)
        return
    need(old, wiring.open_vault(here.state))
    release = again(old, SystemClock().now(), ROLLBACK)
    ahead = asyncio.run(_ahead(here, release))
    if settings.dry_run:
        show_outlook(show, ahead)
        return
    draw(show, ahead)
    if jobs := jobs_since(old, ledger.releases(MOST)):
        show.note("note jobs stay", Tone.DOUBTFUL, jobs=", ".join(jobs))
    agree(show, "ask rollback", release=old.number)
    asyncio.run(roll_out(show, here, release, html))


async def _ahead(here: Place, release: Release) -> Outlook:
    target = wiring.open_target(here.state, here.stack)
    seen, kept = await target.observe(), await target.volumes()
    return Outlook(
        release=release, changes=changes(release, seen), fates=fates(release, kept), findings=()
    )
