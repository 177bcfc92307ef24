"""Bringing: what `up` shows before, while and after a stack comes up."""

from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

from seaway import wiring
from seaway.cli.apply import apply, finish
from seaway.cli.begin import Begun
from seaway.cli.patience import patience
from seaway.cli.place import Place
from seaway.cli.plan import Outlook, outlook, tree
from seaway.cli.progress import Lines
from seaway.cli.remembered import take_back
from seaway.cli.settings import Format
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.status import current, show_status, something_runs
from seaway.engine.wait import until_gone, until_ready
from seaway.errors import UsageError
from seaway.model.finding import Severity
from seaway.model.release import Release
from seaway.ports.vault import Vault
from seaway.stores.clock import SystemClock

if TYPE_CHECKING:
    from seaway.engine.resolve import Resolved  # a rollback reads no stack file

Asked: TypeAlias = "tuple[Resolved, Vault]"
"""What the file asks for, and where its secrets are."""


async def bring_up(show: Show, here: Place, asked: Asked) -> Release:
    """Show what will happen, then make it happen; return what is in place.

    Raises:
        UsageError: some of it cannot be.
    """
    ahead = await outlook(*asked)
    tell(show, ahead)
    ledger = wiring.open_ledger(here.state)
    if ahead.count == 0 and here.alive() and same(ledger.wanted(), ahead.release):
        show.note("note unchanged", stack=here.stack)
        await until_ready(ledger, (), patience(here, show.settings))
        return ahead.release
    draw(show, ahead)
    return await apply(show, here, ahead.release)


async def bring_back(show: Show, here: Place, asked: Asked, begun: Begun) -> Release:
    """Show what happens while it does: to look ahead takes as long as a server's start.

    Raises:
        UsageError: this machine lacks by now what it had; nothing is wanted any more.
    """
    ahead = await outlook(*asked, begun=True)
    try:
        tell(show, ahead)
    except UsageError:
        take_back(here)
        raise
    draw(show, ahead)
    return await finish(show, here, begun)


def tell(show: Show, ahead: Outlook) -> None:
    """Show what was found.

    Raises:
        UsageError: some of it is wrong.
    """
    show.beside(ahead.findings)
    errors = sum(each.severity is Severity.ERROR for each in ahead.findings)
    if errors:
        raise UsageError("SW638", count=errors)


def draw(show: Show, ahead: Outlook) -> None:
    """Show what will happen; not with `--quiet`."""
    if not show.settings.quiet:
        for line in tree(show, ahead):
            show.aside(*line)


def same(wanted: Release | None, release: Release) -> bool:
    """Whether just that is wanted already."""
    return wanted is not None and wanted.digest == release.digest


async def watch(show: Show, here: Place) -> None:
    """Tell what happens until everything is gone."""
    ledger = wiring.open_ledger(here.state)
    lines = Lines(show, SystemClock().now())
    settings = replace(show.settings, timeout=None)
    limit = patience(here, settings, watch=lines.watch)
    await until_gone(ledger, ledger.last_event(), limit, lambda: something_runs(here))


async def show_result(show: Show, here: Place) -> None:
    """Where to reach it, or all about it as data."""
    seen = await current(here, wiring.open_ledger(here.state))
    if show.settings.format is not Format.TABLE:
        show_status(show, seen)
        return
    for address in seen.addresses:
        show.line(Cell(address, Tone.STRONG))
    show.note("note next", Tone.BESIDE, folder=here.state.logs)
