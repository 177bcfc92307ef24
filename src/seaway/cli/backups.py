"""backups: what can be restored, whether it is sound, and the key that opens it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

import click

from seaway.cli.ask import agree
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
from seaway.saving.repository import BACKUPS, Repository
from seaway.saving.sealing import Damaged
from seaway.stores.lock import alone

EXAMPLES = (
    "seaway backups", "seaway backups --check", "seaway backups --key",
    "seaway backups --forget shop_backup_20261130_020000",
)  # fmt: skip
Damages = list[tuple[str, str]]
"""Of which backup or log, and what is not as it was written."""


@click.command(cls=Command, examples=EXAMPLES)
@click.option("--check", is_flag=True, cls=Option, help="option check backups")
@click.option("--key", "ask_key", is_flag=True, cls=Option, help="option recovery key")
@click.option("--forget", multiple=True, metavar="BACKUP", cls=Option, help="option forget backup")
@click.pass_obj
def backups(settings: Settings, *, check: bool, ask_key: bool, forget: tuple[str, ...]) -> None:
    """List the backups, the newest last."""
    show, here = Show(settings), place_of(settings)
    if ask_key:
        show.line(Cell(shown_key(key_of(here))))
    elif forget:
        asyncio.run(_forget(show, here, frozenset(forget)))
    else:
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
    """Those that can be read; what cannot be is told after them.

    Raises:
        SeawayError: SW846, some are damaged or missing.
    """
    rows: list[Row] = []
    found: Damages = []
    for repository in await _opened(show, here):
        listed, bad = await asyncio.to_thread(_listed, repository)
        rows, found = rows + listed, found + bad
    match show.settings.format:
        case Format.JSON:
            show.json([*map(_as_json, rows), *_damaged_as_json(found)])
        case Format.NDJSON:
            for each in (*map(_as_json, rows), *_damaged_as_json(found)):
                show.json(each, indent=None)
        case Format.TABLE:
            _table(show, rows)
            _tell(show, found)
    if found:
        raise SeawayError("SW846", count=len(found))


def _listed(repository: Repository) -> tuple[list[Row], Damages]:
    rows: list[Row] = []
    found: Damages = []
    try:
        backups, lost = repository.looked_through()
        found += [(name, f"{BACKUPS}{name}") for name in lost]
    except Damaged as damaged:
        backups = list(repository.readable())
        found.append(("catalogue", str(damaged)))
    for backup in backups:
        until: datetime | None = None
        try:
            until = _until(repository, backup)
        except Damaged as damaged:
            found.append((backup.name, str(damaged)))
        rows.append(Row(backup=backup, until=until))
    return rows, found


def _until(repository: Repository, backup: Backup) -> datetime | None:
    heads = [
        head for store in backup.stores if store.facts.get(ARCHIVED)
        if (head := archive_of(repository, store).head())
    ]  # fmt: skip
    return min((each.at for each in heads), default=None)


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


def _damaged_as_json(found: Damages) -> list[dict[str, object]]:
    return [{"backup": name, "damaged": what} for name, what in found]


def _tell(show: Show, found: Damages) -> None:
    for name, what in found:
        show.line(Cell(show.told("note damaged", name=name, what=what), Tone.BAD))


def _damages(repository: Repository) -> Damages:
    return list(damages(repository))


async def _check(show: Show, here: Place) -> None:
    """Read all of it; each damage is told.

    Raises:
        SeawayError: SW846, there are some.
    """
    found: Damages = []
    count = 0
    for repository in await _opened(show, here):
        count += len(await asyncio.to_thread(repository.names))
        found += await asyncio.to_thread(_damages, repository)
    if not count and not found:
        raise UsageError("SW840")
    match show.settings.format:
        case Format.TABLE:
            _tell(show, found)
        case _:
            show.json(_damaged_as_json(found))
    if found:
        raise SeawayError("SW846", count=len(found))
    show.note("note backups sound", Tone.GOOD, count=count)


async def _forget(show: Show, here: Place, names: frozenset[str]) -> None:
    """Give up damaged backups: until then each new one is told that old ones cannot be read.

    Raises:
        UsageError: SW832, there is none of that name; SW881, it is sound.
    """
    bad = {each: await asyncio.to_thread(_bad, each) for each in await _opened(show, here)}
    for name in sorted(names.difference(*bad.values())):
        if any(name in each.names() for each in bad):
            raise UsageError("SW881", name=name)
        known = sorted(frozenset[str]().union(*bad.values()))
        raise UsageError("SW832", name=name, known=", ".join(known) or "-")
    agree(show, "ask forget", names=", ".join(sorted(names)))
    async with alone(here.state.root / "backup.lock"):
        for repository, damaged in bad.items():  # of two places the other may have it whole
            await asyncio.to_thread(repository.remove, sorted(names & damaged))
    show.note("note forgotten", Tone.GOOD, names=", ".join(sorted(names)))


def _bad(repository: Repository) -> frozenset[str]:
    """Names of backups that are damaged or missing; all of them are read."""
    known = repository.names()
    return frozenset(
        name for name, what in damages(repository) if name in known or what == f"{BACKUPS}{name}"
    )
