"""install: the stack comes back after a reboot, kept by systemd."""

import asyncio
import os
import signal
import sys
from collections.abc import Callable

import click

from seaway import wiring
from seaway.cli.ask import agree
from seaway.cli.command import Command, Option
from seaway.cli.place import Place, place_of
from seaway.cli.settings import Settings
from seaway.cli.show import Show, Tone
from seaway.errors import SeawayError, UsageError
from seaway.targets.local.systemd import Unit, booted
from seaway.targets.local.systemd import install as enabled
from seaway.targets.local.systemd import remove as disabled

LOOK = 0.05
"""Seconds between two looks at who holds the lease."""
PATIENCE = 20.0
"""Seconds for one supervisor to end and another to begin."""


@click.command(
    "install", cls=Command,
    examples=("seaway install", "seaway install --dry-run", "seaway install --remove"),
)  # fmt: skip
@click.option("--remove", is_flag=True, cls=Option, help="option remove unit")
@click.pass_obj
def command(settings: Settings, *, remove: bool) -> None:
    """Have systemd keep the supervisor of this stack."""
    show, here = Show(settings), place_of(settings)
    unit = Unit(
        stack=here.stack, environment=here.environment, python=sys.executable,
        environ={**wiring.ENVIRON, "SEAWAY_STATE": str(wiring.state_parent())}, owner=os.getuid(),
    )  # fmt: skip
    if settings.dry_run:
        show.data(unit.text)
        return
    if remove:
        agree(show, "ask uninstall", unit=unit.name)
        asyncio.run(_removed(show, here, unit))
        return
    if here.ledger().wanted() is None:
        raise UsageError("SW595", stack=here.stack)
    agree(show, "ask install", unit=str(unit.file))
    asyncio.run(_installed(show, here, unit))


async def _installed(show: Show, here: Place, unit: Unit) -> None:
    """From now on systemd's supervisor: what runs does not notice."""
    if booted() and (before := wiring.supervisor_pid(here.state)):
        os.kill(before, signal.SIGTERM)
        await _until(here, lambda pid: pid != before)
    started = await enabled(unit)
    if started:
        await _until(here, bool)
    note = "note installed" if started else "note installed for later"
    show.note(note, Tone.GOOD, unit=unit.name)
    if unit.owner:
        show.note("note linger", Tone.DOUBTFUL)
    if "SEAWAY_VAULT_KEY" in wiring.ENVIRON:
        show.note("note vault key", Tone.DOUBTFUL, file=unit.secrets)


async def _removed(show: Show, here: Place, unit: Unit) -> None:
    """Whatever runs is kept by a supervisor of its own again."""
    await disabled(unit)
    if here.ledger().wanted() is not None:
        await wiring.ensure_supervisor(here.state, here.stack, here.environment)
    show.note("note uninstalled", Tone.GOOD, unit=unit.name)


async def _until(here: Place, met: Callable[[int], bool]) -> None:
    """Return when the pid of the supervisor is as it should be; 0 when there is none.

    Raises:
        SeawayError: it was not in time.
    """
    try:
        async with asyncio.timeout(PATIENCE):
            while not met(wiring.supervisor_pid(here.state)):  # noqa: ASYNC110 -- a lock tells nobody
                await asyncio.sleep(LOOK)
    except TimeoutError:
        raise SeawayError("SW596", log=str(here.state.supervisor_log)) from None
