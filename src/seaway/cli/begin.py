"""Begin: a release is recorded, and a supervisor sees to it. Loads little: people wait for it."""

import asyncio
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass

from seaway import wiring
from seaway.cli.place import Place
from seaway.cli.show import Show
from seaway.model.release import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A release that a supervisor is carrying out."""

    here: Place
    release: Release
    after: int
    """The last event before it was asked for."""


async def begin(show: Show, here: Place, release: Release) -> Begun:
    """Record it, and return when a supervisor is at work.

    Raises:
        DataRefused: SW869, the data of the stack was moved elsewhere.
    """
    here.refuse_moved()
    ledger = wiring.open_ledger(here.state)
    after = ledger.last_event()
    recorded = ledger.record(release)
    await wiring.ensure_supervisor(here.state, here.stack, here.environment, show.settings.waiting)
    return Begun(here=here, release=recorded, after=after)


@contextmanager
def going_on(show: Show) -> Generator[None, None, None]:
    """Tell a person who interrupts that what was asked for goes on all the same."""
    try:
        yield
    except asyncio.CancelledError:
        show.note("note detached")
        raise
