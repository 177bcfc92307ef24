"""reside: be Seaway on a host; started as a container by `seaway deploy`, not by people."""

import asyncio
import os
import sys
from contextlib import suppress

import click

from seaway import wiring
from seaway.cli.command import Command
from seaway.errors import SeawayError
from seaway.targets.local.state import StateFolder

LOOK = 2.0
"""Seconds between two looks whether somebody supervises each stack."""
MISSED = 5
"""Looks after which a stack without a supervisor is given one: a command may be starting it."""


@click.command(cls=Command, hidden=True, examples=("seaway reside",))
def reside() -> None:
    """See to it that every stack that should run is supervised, after a reboot too."""
    asyncio.run(_reside())


async def _reside() -> None:
    missed = dict.fromkeys(_stacks(), MISSED)  # at the start nobody else is at it
    while True:
        for state in _stacks():
            missed[state] = await _missed(state, missed.get(state, 0))
        _reap()
        await asyncio.sleep(LOOK)


def _stacks() -> tuple[StateFolder, ...]:
    found = sorted(wiring.state_parent().glob("*/ledger.db"))
    return tuple(StateFolder(each.parent) for each in found)


async def _missed(state: StateFolder, looks: int) -> int:
    """For how many looks it has been without a supervisor; after too many it is given one."""
    stack, _, environment = state.root.name.partition("@")
    try:
        if wiring.supervisor_pid(state) or wiring.open_ledger(state).wanted() is None:
            return 0
        if looks < MISSED:
            return looks + 1
        await wiring.ensure_supervisor(state, stack, environment or "local")
    except (SeawayError, OSError) as error:  # the next look may find it mended
        sys.stderr.write(f"{state.root.name}: {error}\n")
    return 0


def _reap() -> None:
    """Supervisors that have ended, for nothing was wanted any more."""
    with suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG) != (0, 0):
            pass
