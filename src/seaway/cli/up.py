"""up: start the stack, or bring it to what the file says now."""

import asyncio
import signal
from collections.abc import Awaitable, Sequence
from dataclasses import replace

import click

from seaway import wiring
from seaway.cli.apply import apply
from seaway.cli.command import Command, Option
from seaway.cli.down import take_down
from seaway.cli.patience import patience
from seaway.cli.place import Place, options, place
from seaway.cli.plan import outlook, show_outlook, tree
from seaway.cli.progress import Lines, going_on
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.status import current, show_status
from seaway.engine.resolve import Resolved
from seaway.engine.wait import until_gone, until_ready
from seaway.errors import Interrupted, UsageError
from seaway.model.finding import Finding, Severity
from seaway.model.release import Release
from seaway.ports.vault import Vault
from seaway.stores.clock import SystemClock


@click.command(
    cls=Command, examples=("seaway up", "seaway up -d --timeout 5m", "seaway up --dry-run")
)
@click.option("-d", "--detach", is_flag=True, cls=Option, help="option detach")
@click.pass_obj
def up(settings: Settings, *, detach: bool) -> None:
    """Show what will happen, make it happen, and stay unless detached."""
    show = Show(settings)
    stack = wiring.read_stack(options(settings))
    here = place(stack.name, stack.environment)
    vault = wiring.open_vault(here.state)
    if settings.dry_run:
        found = wiring.demanded(wiring.resolved(stack, vault.versions()))
        show_outlook(show, asyncio.run(outlook(found, vault)))
        return
    found = wiring.ready_to_record(stack, vault)
    work = _bring_up(show, here, found, vault)
    asyncio.run(_detached(show, here, work) if detach else _attached(show, here, work))


async def _detached(show: Show, here: Place, work: Awaitable[None]) -> None:
    with going_on(show):
        await work
    await _show_result(show, here)


async def _attached(show: Show, here: Place, work: Awaitable[None]) -> None:
    """Stay until Ctrl-C, which takes the stack down; a second one leaves that to the supervisor."""
    interrupted = _interrupts()
    if await _unless(interrupted, work):
        await _show_result(show, here)
        show.note("note attached", Tone.BESIDE)
        if await _unless(interrupted, _watch(show, here)):
            show.note("note ended elsewhere")
            return
    interrupted.clear()
    show.note("note going down")
    if not await _unless(interrupted, take_down(show, here)):
        show.note("note detached", Tone.DOUBTFUL)
    raise Interrupted("SW620", told=True)


def _interrupts() -> asyncio.Event:
    """Set by Ctrl-C and by SIGTERM."""
    event = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, event.set)
    return event


async def _unless(interrupted: asyncio.Event, work: Awaitable[None]) -> bool:
    """Whether the work came to its end before an interruption, which cancels it."""
    task = asyncio.ensure_future(work)
    bell = asyncio.ensure_future(interrupted.wait())
    try:
        await asyncio.wait({task, bell}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            await task
            return True
        return False
    finally:
        bell.cancel()
        task.cancel()
        await asyncio.gather(task, bell, return_exceptions=True)


async def _bring_up(show: Show, here: Place, found: Resolved, vault: Vault) -> None:
    ahead = await outlook(found, vault)
    show.beside(ahead.findings)
    errors = [each for each in ahead.findings if each.severity is Severity.ERROR]
    if errors:
        raise _refused(errors)
    ledger = wiring.open_ledger(here.state)
    if ahead.count == 0 and here.alive() and _same(ledger.wanted(), ahead.release):
        show.note("note unchanged", stack=here.stack)
        await until_ready(ledger, (), patience(here, show.settings))
        return
    if not show.settings.quiet:
        for line in tree(show, ahead):
            show.aside(*line)
    await apply(show, here, ahead.release)


def _refused(errors: Sequence[Finding]) -> UsageError:
    """They have been shown one by one."""
    return UsageError("SW638", count=len(errors))


def _same(wanted: Release | None, release: Release) -> bool:
    return wanted is not None and wanted.digest == release.digest


async def _watch(show: Show, here: Place) -> None:
    """Tell what happens until everything is gone."""
    ledger = wiring.open_ledger(here.state)
    lines = Lines(show, SystemClock().now())
    settings = replace(show.settings, timeout=None)
    await until_gone(ledger, ledger.last_event(), patience(here, settings, watch=lines.watch))


async def _show_result(show: Show, here: Place) -> None:
    seen = await current(here, wiring.open_ledger(here.state))
    if show.settings.format is not Format.TABLE:
        show_status(show, seen)
        return
    for address in seen.addresses:
        show.line(Cell(address, Tone.STRONG))
    show.note("note next", Tone.BESIDE, folder=here.state.logs)
