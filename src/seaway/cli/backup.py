"""backup: save stores now, and check what was saved by reading it back."""

import asyncio

import click

from seaway.cli.apply import wanted
from seaway.cli.backup_places import (
    chosen,
    groups,
    key_of,
    own_files,
    shown_key,
    target_of,
)
from seaway.cli.command import Command
from seaway.cli.page import size
from seaway.cli.place import Place, place_of
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.values import Part
from seaway.engine.backup import Taken, Taker
from seaway.model.backup import OWN
from seaway.ports.ledger import Event
from seaway.stores.clock import SystemClock
from seaway.stores.lock import alone

EXAMPLES = ("seaway backup", "seaway backup db files", "seaway backup --format json")
SAVED = "SW850"


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("stores", nargs=-1, metavar="[STORE]...", type=Part())
@click.pass_obj
def backup(settings: Settings, *, stores: tuple[str, ...]) -> None:
    """Save those stores, or all that have a `backup:`."""
    show, here = Show(settings), place_of(settings)
    if settings.dry_run:
        names = ", ".join(each.store for each in chosen(wanted(here, here.ledger()), stores))
        show.note("note would save", stores=names)
        return
    shown(show, asyncio.run(taken(here, stores, show)))


async def taken(here: Place, stores: tuple[str, ...], show: Show | None = None) -> list[Taken]:
    """Take one into each destination; alone, and told in the ledger.

    Raises:
        SeawayError: it could not be; then nothing of it counts.
    """
    ledger = here.ledger()
    release = wanted(here, ledger)
    savings, key, clock = chosen(release, stores), key_of(here), SystemClock()
    target = target_of(here)
    done: list[Taken] = []
    async with alone(here.state.root / "backup.lock"):
        for each in await groups(here, release, savings, key, make=True):
            first = not await asyncio.to_thread(each.repository.names)
            taker = Taker(
                repository=each.repository, target=target, clock=clock, own=own_files(here, ledger)
            )
            result = await taker.take(release, each.savings)
            done.append(result)
            facts: dict[str, str | int | float] = {
                "name": result.backup.name, "written": result.written,
            }  # fmt: skip
            ledger.tell(Event(at=clock.now(), code=SAVED, facts=facts))
            if first and show:
                show.aside(Cell(show.told("note recovery key", key=shown_key(key)), Tone.STRONG))
    return done


def shown(show: Show, done: list[Taken]) -> None:
    """What was saved, as data."""
    rows = [_as_json(each) for each in done]
    match show.settings.format:
        case Format.JSON:
            show.json(rows)
        case Format.NDJSON:
            for row in rows:
                show.json(row, indent=None)
        case Format.TABLE:
            show.table(
                ("backup", "stores", "size", "written", "took"),
                [
                    (
                        Cell(each.backup.name, Tone.STRONG), Cell(_stores(each)),
                        Cell(size(sum(store.size for store in each.backup.stores))),
                        Cell(size(each.written)), Cell(f"{_seconds(each):.1f} s"),
                    )
                    for each in done
                ],
            )  # fmt: skip


def _stores(taken: Taken) -> str:
    return ", ".join(each.store for each in taken.backup.stores if each.store != OWN)


def _seconds(taken: Taken) -> float:
    return (taken.backup.ended - taken.backup.began).total_seconds()


def _as_json(taken: Taken) -> dict[str, object]:
    backup = taken.backup
    return {
        "backup": backup.name, "began": backup.began.isoformat(), "seconds": _seconds(taken),
        "written": taken.written, "removed": list(taken.removed),
        "stores": [
            {"store": each.store, "at": each.at.isoformat(), "files": len(each.files),
             "bytes": each.size}
            for each in backup.stores
        ],
    }  # fmt: skip
