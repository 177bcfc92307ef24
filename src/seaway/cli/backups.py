"""backups: what can be restored, whether it is sound, and the key that opens it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import click

from seaway.cli.backup_places import chosen, groups, key_of, shown_key
from seaway.cli.command import Command, Option
from seaway.cli.page import size
from seaway.cli.place import Place, place_of
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.stack_of import asked_release
from seaway.errors import SeawayError, UsageError
from seaway.model.backup import OWN, Backup
from seaway.saving.checking import ARCHIVED, archive_of, damages
from seaway.saving.repository import Repository
from seaway.saving.sealing import Damaged

EXAMPLES = ("seaway backups", "seaway backups --check", "seaway backups --key")


@click.command(cls=Command, examples=EXAMPLES)
@click.option("--check", is_flag=True, cls=Option, help="option check backups")
@click.option("--key", "ask_key", is_flag=True, cls=Option, help="option recovery key")
@click.pass_obj
def backups(settings: Settings, *, check: bool, ask_key: bool) -> None:
    """List the backups, the newest last."""
    show, here = Show(settings), place_of(settings)
    if ask_key:
        show.line(Cell(shown_key(key_of(here))))
        return
    asyncio.run(_check(show, here) if check else _list(show, here))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One backup, and up to when any moment after it can be had."""

    backup: Backup
    until: datetime | None = None


async def _opened(show: Show, here: Place) -> list[Repository]:
    release = asked_release(show, here)
    found = await groups(here, release, chosen(release), key_of(here))
    return [each.repository for each in found]


async def _list(show: Show, here: Place) -> None:
    rows: list[Row] = []
    for repository in await _opened(show, here):
        try:
            rows += await asyncio.to_thread(_rows, repository)
        except Damaged as damaged:
            raise SeawayError("SW838", what=str(damaged)) from damaged
    match show.settings.format:
        case Format.JSON:
            show.json([_as_json(each) for each in rows])
        case Format.NDJSON:
            for each in rows:
                show.json(_as_json(each), indent=None)
        case Format.TABLE:
            _table(show, rows)


def _rows(repository: Repository) -> list[Row]:
    rows: list[Row] = []
    for backup in repository.backups():
        heads = [
            head for store in backup.stores if store.facts.get(ARCHIVED)
            if (head := archive_of(repository, store).head())
        ]  # fmt: skip
        rows.append(Row(backup=backup, until=min((each.at for each in heads), default=None)))
    return rows


def _table(show: Show, rows: list[Row]) -> None:
    show.table(
        ("backup", "when", "stores", "size", "any moment until"),
        [
            (
                Cell(each.backup.name, Tone.STRONG), Cell(_time(each.backup.ended)),
                Cell(", ".join(one.store for one in each.backup.stores if one.store != OWN)),
                Cell(size(sum(one.size for one in each.backup.stores))),
                Cell(_time(each.until) if each.until else "-"),
            )
            for each in rows
        ],
    )  # fmt: skip


def _time(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"


def _as_json(row: Row) -> dict[str, object]:
    backup = row.backup
    return {
        "backup": backup.name, "began": backup.began.isoformat(),
        "ended": backup.ended.isoformat(), "release": backup.release, "seaway": backup.seaway,
        "any_moment_until": row.until.isoformat() if row.until else None,
        "stores": [
            {"store": each.store, "part": each.part, "at": each.at.isoformat(),
             "bytes": each.size, "files": len(each.files), **each.facts}
            for each in backup.stores
        ],
    }  # fmt: skip


def _damages(repository: Repository) -> list[tuple[str, str]]:
    return list(damages(repository))


async def _check(show: Show, here: Place) -> None:
    """Read all of it; each damage is told.

    Raises:
        SeawayError: SW846, there are some.
    """
    found: list[tuple[str, str]] = []
    count = 0
    for repository in await _opened(show, here):
        count += len(await asyncio.to_thread(repository.names))
        found += await asyncio.to_thread(_damages, repository)
    if not count and not found:
        raise UsageError("SW840")
    match show.settings.format:
        case Format.TABLE:
            for name, what in found:
                show.line(Cell(show.told("note damaged", name=name, what=what), Tone.BAD))
        case _:
            show.json([{"backup": name, "damaged": what} for name, what in found])
    if found:
        raise SeawayError("SW846", count=len(found))
    show.note("note backups sound", Tone.GOOD, count=count)
