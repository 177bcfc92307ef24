"""restore: bring data back from a backup, to any moment; what was there is put aside."""

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from seaway import wiring
from seaway.cli import restoring
from seaway.cli.apply import apply
from seaway.cli.ask import agree
from seaway.cli.backup_places import chosen, groups, key_of
from seaway.cli.command import Command, Option
from seaway.cli.page import size
from seaway.cli.place import Place, options, place, place_of, stack_file
from seaway.cli.restoring import Given, stores_of
from seaway.cli.settings import Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.signals import carried_out
from seaway.cli.stack_of import asked_release
from seaway.engine.failover import without_handovers
from seaway.engine.restore import Wish, choose
from seaway.errors import SeawayError, UsageError
from seaway.model.names import valid_name
from seaway.ports.ledger import Event
from seaway.stores.clock import SystemClock

if TYPE_CHECKING:
    from seaway.model.release import Release

EXAMPLES = (
    "seaway restore",
    "seaway restore --at '2026-11-30 14:05'",
    "seaway restore shop_backup_20261130_020000 --into inspect",
    "seaway restore --back",
)
RESTORED = "SW852"


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("backup", required=False, metavar="[BACKUP]")
@click.option("--at", metavar="TIME", cls=Option, help="option restore at")
@click.option("--store", "stores", multiple=True, metavar="STORE", cls=Option, help="option store")
@click.option("--into", metavar="NAME", cls=Option, help="option into")
@click.option("--back", is_flag=True, cls=Option, help="option restore back")
@click.option("--confirm", is_flag=True, cls=Option, help="option restore confirm")
@click.pass_obj
def restore(  # noqa: PLR0913 -- its options
    settings: Settings, *, backup: str | None, at: str | None, stores: tuple[str, ...],
    into: str | None, back: bool, confirm: bool,
) -> None:  # fmt: skip
    """Bring back what a backup holds, or all there is."""
    show, here = Show(settings), place_of(settings)
    if back or confirm:
        carried_out(_back(show, here) if back else _confirm(show, here))
        return
    if backup and at:
        raise UsageError("SW853")
    wish = Wish(backup=backup or "", at=_moment(at) if at else None, stores=stores)
    carried_out(_restore(show, here, wish, into))


def _moment(text: str) -> datetime:
    """Without a zone it is UTC, as the backups' own times are shown.

    Raises:
        UsageError: SW854, it is no time.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError as error:
        raise UsageError("SW854", given=text) from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


async def _restore(show: Show, here: Place, wish: Wish, into: str | None) -> None:
    release = asked_release(show, here)
    if into is None:
        restoring.refuse_broken_off(here)
    given = await _given(here, release, wish)
    target = _target_place(show, here, into)
    _tell(show, given)
    replaces = into is None and restoring.holds_data(here, release, stores_of(given))
    if show.settings.dry_run:
        return
    question = "ask restore over" if replaces else "ask restore"
    agree(show, question, stack=target.stack)
    with nullcontext() if into else restoring.alone(here):
        if replaces:
            await _over(show, here, release, given)
        else:
            await _anew(show, here, target, given)
    moments = [part.as_of for each in given for part in each.choice.parts]
    facts = {"stack": target.stack, "oldest": f"{min(moments):%Y-%m-%d %H:%M:%S} UTC"}
    ledger = wiring.open_ledger(target.state)
    ledger.tell(Event(at=SystemClock().now(), code=RESTORED, facts=facts))
    show.note(RESTORED, Tone.GOOD, **facts)


async def _given(here: Place, release: "Release", wish: Wish) -> list[Given]:
    """What is given back, of each place where there are backups.

    Raises:
        UsageError: SW840, there are none.
    """
    found = await groups(here, release, chosen(release, wish.stores), key_of(here))
    given = [
        Given(each, await asyncio.to_thread(choose, each.repository, wish, each.stores))
        for each in found
    ]
    if not any(each.choice.parts for each in given):
        raise UsageError("SW840")
    return given


def _target_place(show: Show, here: Place, into: str | None) -> Place:
    if into is None:
        return here
    if not valid_name(into):
        raise UsageError("SW855", name=into)
    return restoring.fresh(show, into, here.environment)


def _tell(show: Show, given: Sequence[Given]) -> None:
    """Which data of which moment."""
    for each in given:
        for part in each.choice.parts:
            facts = {
                "store": part.store.store, "backup": part.backup.name,
                "size": size(part.store.size), "at": f"{part.as_of:%Y-%m-%d %H:%M:%S} UTC",
            }  # fmt: skip
            show.aside(Cell(show.told("note restores", **facts)))


async def _anew(show: Show, here: Place, target: Place, given: Sequence[Given]) -> None:
    """Where there is no data nothing has to make room: it comes up in place."""
    restoring.with_secrets(target, here, given)
    if target.state.root != here.state.root:
        try:
            await restoring.come_up(show, target, asked_release(show, here), given)
        except (SeawayError, asyncio.CancelledError):  # half of it is of no use, the name is free
            await restoring.removed(show, target)
            raise
        return
    stack = wiring.read_stack(options(show.settings))
    found = wiring.ready_to_record(stack, wiring.open_vault(here.state))
    here.claim(stack_file(show.settings))
    await restoring.come_up(show, here, found.release, given, lasting=True)
    restored = [found.release.find(name) for name in stores_of(given)]
    if any(each and each.replicas > 1 for each in restored):
        await restoring.stopped(show, here)  # one that knew no others begins anew as the first
    await apply(show, here, found.release)


async def _over(show: Show, here: Place, release: "Release", given: Sequence[Given]) -> None:
    """Beside what runs, then in its place: writers stop only when the other data is ready."""
    aside = place(f"{here.stack}-restore", here.environment)
    async with restoring.emptied(show, aside):
        restoring.with_secrets(aside, here, given)
        await restoring.come_up(show, aside, release, given, lasting=True)
        await restoring.stopped(show, aside)
        label = f"{SystemClock().now():%Y%m%d-%H%M%S}"
        try:
            await restoring.stopped(show, here)
            restoring.exchanged(here, aside, stores_of(given), label)
        except (SeawayError, OSError, asyncio.CancelledError):  # all is in its place
            await _up_again(show, here, release)
            raise
    await _up_again(show, here, release)
    show.note("note kept aside", stack=here.stack)


async def _up_again(show: Show, here: Place, release: "Release") -> None:
    """What ran before; its jobs, too: what they do to data that is older may be missing."""
    again = replace(release, number=0, created=SystemClock().now(), why="restore")
    await apply(show, here, without_handovers(again))


async def _back(show: Show, here: Place) -> None:
    restoring.last(here)
    release = asked_release(show, here)
    agree(show, "ask restore back", stack=here.stack)
    with restoring.alone(here):
        await restoring.stopped(show, here)
        restoring.taken_back(here)
        await _up_again(show, here, release)
    show.note("note restored back", Tone.GOOD, stack=here.stack)


async def _confirm(show: Show, here: Place) -> None:
    restoring.last(here)
    restoring.refuse_broken_off(here)
    agree(show, "ask restore confirm", stack=here.stack)
    with restoring.alone(here):
        await asyncio.to_thread(restoring.confirmed, here)
    show.note("note restore confirmed", Tone.GOOD, stack=here.stack)
