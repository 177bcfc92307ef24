"""up: start the stack, or bring it to what the file says now."""

import asyncio
import signal
from collections.abc import Awaitable
from typing import TYPE_CHECKING

import click

from seaway import wiring
from seaway.cli.asked import asked_for, chosen
from seaway.cli.begin import Begun, begin, going_on
from seaway.cli.command import Command, Option
from seaway.cli.place import Place, expect
from seaway.cli.remembered import asked, begin_again, remember, take_back, untouched
from seaway.cli.settings import Settings
from seaway.cli.show import Show, Tone
from seaway.errors import Interrupted

if TYPE_CHECKING:
    from seaway.engine.resolve import Resolved
    from seaway.model.release import Release
    from seaway.ports.vault import Vault


@click.command(
    cls=Command, examples=("seaway up", "seaway up -d --timeout 5m", "seaway up --dry-run")
)
@click.option("-d", "--detach", is_flag=True, cls=Option, help="option detach")
@click.pass_obj
def up(settings: Settings, *, detach: bool) -> None:
    """Show what will happen, make it happen, and stay unless detached."""
    show = Show(settings)
    expect(settings)
    what = asked(show)
    begun = asyncio.run(begin_again(show, what))
    try:
        here, found, vault = _understood(show)
    except BaseException:  # Ctrl-C, too
        if begun:
            take_back(begun.here)
        raise
    if settings.dry_run:
        _foretell(show, found, vault)
        return

    async def work() -> None:
        release = await _bring_up(show, here, found, vault, begun)
        if release.digest == found.release.digest:
            remember(here, what, release)

    asyncio.run(_detached(show, here, work()) if detach else _attached(show, here, work()))


def _understood(show: Show) -> "tuple[Place, Resolved, Vault]":
    """What the file asks for, where, and with which secrets.

    Raises:
        InvalidStack: something is wrong with it.
    """
    here, found, vault = asked_for(show)
    if not show.settings.dry_run:
        chosen(show.settings, here, found.release)
    return here, found, vault


async def _detached(show: Show, here: Place, work: Awaitable[None]) -> None:
    with going_on(show):
        await work
    await _show_result(show, here)


def _foretell(show: Show, found: "Resolved", vault: "Vault") -> None:
    from seaway.cli.plan import outlook, show_outlook  # noqa: PLC0415 -- see `_bring_up`

    show_outlook(show, asyncio.run(outlook(found, vault)))


async def _attached(show: Show, here: Place, work: Awaitable[None]) -> None:
    """Stay until Ctrl-C, which takes the stack down; a second one leaves that to the supervisor."""
    interrupted = _interrupts()
    if await _unless(interrupted, work):
        await _show_result(show, here)
        show.note("note attached", Tone.BESIDE)
        if await _unless(interrupted, _watched(show, here)):
            show.note("note ended elsewhere")
            return
    from seaway.cli.down import take_down  # noqa: PLC0415 -- see `_bring_up`

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


async def _bring_up(
    show: Show, here: Place, found: "Resolved", vault: "Vault", begun: Begun | None
) -> "Release":  # fmt: skip
    """Where it was good before the supervisor begins at once, and all else is loaded meanwhile."""
    if begun is None and _known_good(here, found.release):
        begun = await begin(show, here, found.release)
    from seaway.cli import bringing  # noqa: PLC0415 -- see above

    if begun and begun.release.digest == found.release.digest:
        return await bringing.bring_back(show, here, (found, vault), begun)
    return await bringing.bring_up(show, here, (found, vault))


def _known_good(here: Place, release: "Release") -> bool:
    """Whether nothing runs, but just this was in place before, and its data is there."""
    return untouched(here, release) and wiring.open_ledger(here.state).proven(release)


async def _watched(show: Show, here: Place) -> None:
    from seaway.cli.bringing import watch  # noqa: PLC0415 -- see `_bring_up`

    await watch(show, here)


async def _show_result(show: Show, here: Place) -> None:
    from seaway.cli.bringing import show_result  # noqa: PLC0415 -- see `_bring_up`

    await show_result(show, here)
