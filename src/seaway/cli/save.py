"""save: keep backups of one stack coming; started by its supervisor, not by people."""

import asyncio
import os
import sys
from collections.abc import Sequence
from contextlib import suppress

import click

from seaway.cli.backup import taken
from seaway.cli.backup_places import groups, key_of, target_of
from seaway.cli.command import Command, Option
from seaway.cli.drill_report import last_held
from seaway.cli.drilling import held
from seaway.cli.place import Place, place
from seaway.cli.settings import Settings
from seaway.cli.show import Show
from seaway.engine.saver import Saver
from seaway.model.backup import Saving
from seaway.model.release import Release
from seaway.saving.repository import Repository
from seaway.stores.clock import SystemClock

LOOK = 1.0
"""Seconds between two looks for something to save."""


@click.command(cls=Command, hidden=True, examples=("seaway save --stack shop",))
@click.option("--stack", metavar="NAME", required=True, cls=Option, help="option stack")
@click.pass_obj
def save(settings: Settings, *, stack: str) -> None:
    """Save it for as long as whoever started this lives: our input ends with it."""
    with suppress(asyncio.CancelledError):
        asyncio.run(_until_alone(place(stack, settings.environment)))


async def _until_alone(here: Place) -> None:
    work = asyncio.create_task(_saved(here))
    loop = asyncio.get_running_loop()
    os.set_blocking(sys.stdin.fileno(), False)
    loop.add_reader(sys.stdin.fileno(), work.cancel)
    await work


async def _saved(here: Place) -> None:
    """Release after release."""
    ledger = here.ledger()
    while True:
        release = ledger.wanted()
        if release is not None and release.savings:
            await _saver(here, release).run()
        await asyncio.sleep(LOOK)


def _saver(here: Place, release: Release) -> Saver:
    known: dict[str, Repository] = {}
    one_by_one = asyncio.Lock()  # stores that share a place would begin it twice

    async def repository(saving: Saving) -> Repository:
        async with one_by_one:
            if saving.store not in known:
                [group] = await groups(here, release, (saving,), key_of(here), make=True)
                known[saving.store] = group.repository
            return known[saving.store]

    async def save_now(stores: Sequence[str]) -> None:
        await taken(here, tuple(stores))

    async def drill_now() -> None:
        await held(Show(Settings(quiet=True)), here)

    return Saver(
        drill=drill_now, drilled=last_held(here.state.root) or SystemClock().now(),
        release=release, ledger=here.ledger(), clock=SystemClock(),
        target=target_of(here), repositories=repository, save=save_now,
    )  # fmt: skip
