"""drill: restore everything elsewhere, compare it with what runs, and say how long it took."""

import asyncio
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import click

from seaway.cli import restoring
from seaway.cli.apply import wanted
from seaway.cli.backup_places import chosen, groups, key_of, target_of
from seaway.cli.command import Command, Option
from seaway.cli.place import Place, place, place_of
from seaway.cli.restoring import Given
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.durable import make_folder, write_whole
from seaway.engine.drill import Compared, Content, compared, content, dangling
from seaway.engine.restore import Part, Wish, choose
from seaway.errors import SeawayError
from seaway.model.backup import Saving
from seaway.model.release import Release
from seaway.ports.ledger import Event
from seaway.stores.clock import SystemClock

EXAMPLES = ("seaway drill", "seaway drill --format json", "seaway drill --history")
HELD, MISSED = "SW861", "SW862"
DRILLS = "drills"
"""The folder of reports, one file for each."""
PATIENCE = timedelta(seconds=30)
"""For the log of a database to get as far as what was looked at."""


@click.command(cls=Command, examples=EXAMPLES)
@click.option("--history", is_flag=True, cls=Option, help="option drill history")
@click.pass_obj
def drill(settings: Settings, *, history: bool) -> None:
    """Restore into a stack of its own, compare, measure, and remove it."""
    show, here = Show(settings), place_of(settings)
    if history:
        _history(show, here)
        return
    measured, report, problems = asyncio.run(held(show, here))
    _show(show, measured, report)
    if problems:
        raise SeawayError(MISSED, problems="; ".join(problems))


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """A drill so far."""

    began: datetime
    took: timedelta
    """Until all stores served what they held."""
    rows: tuple[Compared, ...]


async def held(show: Show, here: Place) -> tuple[Measured, Mapping[str, object], Sequence[str]]:
    """The report; it is kept, and told in the ledger."""
    ledger, clock, key = here.ledger(), SystemClock(), key_of(here)
    release = wanted(here, ledger)
    savings = chosen(release)
    aside = place(f"{here.stack}-drill", here.environment)
    await restoring.removed(show, aside)
    try:
        measured = await _measured(show, here, aside, (release, savings))
    finally:
        await restoring.removed(show, aside)
    problems = _problems(measured, savings)
    report = _report(here, measured, problems)
    signed = {**report, "signature": _signature(key, report)}
    folder = here.state.root / DRILLS
    make_folder(folder, 0o700)
    name = f"{measured.began:%Y%m%d-%H%M%S}.json"
    write_whole(folder / name, json.dumps(signed, indent=2, default=str), durable=True)
    facts: dict[str, str | int | float] = {
        "seconds": round(measured.took.total_seconds(), 1), "report": str(folder / name),
        "problems": "; ".join(problems) or "-",
    }  # fmt: skip
    code = MISSED if problems else HELD
    ledger.tell(Event(at=clock.now(), code=code, facts=facts))
    return measured, signed, problems


async def _measured(
    show: Show, here: Place, aside: Place, asked: tuple[Release, Sequence[Saving]]
) -> Measured:  # fmt: skip
    release, savings = asked
    live, clock = target_of(here), SystemClock()
    before = {each.store: await content(live, release, each) for each in savings}
    looked = clock.now()
    given = await _given(here, release, savings, looked)
    restoring.with_secrets(aside, here, given)
    began = clock.now()
    await restoring.come_up(show, aside, release, given)
    took = clock.now() - began
    after = {each.store: await content(live, release, each) for each in savings}
    parts = {part.store.store: part for each in given for part in each.choice.parts}
    rows = [
        await _row(aside, release, (each, parts[each.store], looked),
                   (before[each.store], after[each.store]))
        for each in savings if each.store in parts
    ]  # fmt: skip
    return Measured(began=began, took=took, rows=tuple(rows))


async def _given(
    here: Place, release: Release, savings: Sequence[Saving], looked: datetime
) -> list[Given]:  # fmt: skip
    """All there is, once logs have got as far as what was looked at, or do not get there."""
    clock = SystemClock()
    found = await groups(here, release, savings, key_of(here))
    while True:
        given = [Given(each, await asyncio.to_thread(choose, each.repository, Wish()))
                 for each in found]  # fmt: skip
        logs = [part for each in given for part in each.choice.parts if part.until.position]
        if all(part.as_of > looked for part in logs) or clock.now() - looked > PATIENCE:
            return given
        await clock.sleep_until(clock.now() + timedelta(milliseconds=200))


async def _row(
    aside: Place, release: Release, told: tuple[Saving, Part, datetime],
    live: tuple[Content, Content],
) -> Compared:  # fmt: skip
    saving, part, looked = told
    target = target_of(aside)
    same, moved, differs = compared(*live, await content(target, release, saving))
    return Compared(
        store=saving.store, as_of=part.as_of, lag=max(looked - part.as_of, timedelta(0)),
        same=same, moved=moved, differs=tuple(differs) if part.as_of >= looked else (),
        dangling=tuple(await dangling(target, release, saving)),
    )  # fmt: skip


def _problems(measured: Measured, savings: Sequence[Saving]) -> list[str]:
    """Goals that were missed, and content that is not what it should be."""
    goals: Mapping[str, Saving] = {each.store: each for each in savings}
    found: list[str] = []
    for row in measured.rows:
        goal = goals[row.store]
        if goal.rpo is not None and row.lag > max(goal.rpo, timedelta(seconds=1)):
            found.append(f"{row.store}: rpo {row.lag.total_seconds():.1f} s")
        if goal.rto is not None and measured.took > goal.rto:
            found.append(f"{row.store}: rto {measured.took.total_seconds():.1f} s")
        found += [f"{row.store}: {each} differs" for each in row.differs[:5]]
        found += [f"{row.store}: {each} is missing" for each in row.dangling[:5]]
    return found


def _report(here: Place, measured: Measured, problems: Sequence[str]) -> dict[str, object]:
    return {
        "stack": here.stack, "environment": here.environment,
        "began": measured.began.isoformat(), "rto_seconds": measured.took.total_seconds(),
        "stores": [
            {"store": each.store, "as_of": each.as_of.isoformat(),
             "rpo_seconds": each.lag.total_seconds(), "same": each.same, "changed": each.moved,
             "differs": list(each.differs), "dangling": list(each.dangling)}
            for each in measured.rows
        ],
        "problems": list(problems),
    }  # fmt: skip


def _signature(key: bytes, report: Mapping[str, object]) -> str:
    """By the key of the backups: whoever has it can tell whether a report was changed."""
    return hmac.digest(key, json.dumps(report, sort_keys=True).encode(), "sha256").hex()


def _show(show: Show, measured: Measured, report: Mapping[str, object]) -> None:
    if show.settings.format is not Format.TABLE:
        show.json(report)
        return
    show.table(
        ("store", "as of", "lost at most", "same", "changed", "differs", "missing"),
        [
            (
                Cell(each.store, Tone.STRONG), Cell(f"{each.as_of:%Y-%m-%d %H:%M:%S} UTC"),
                Cell(f"{each.lag.total_seconds():.1f} s"), Cell(str(each.same)),
                Cell(str(each.moved)), Cell(str(len(each.differs))),
                Cell(str(len(each.dangling))),
            )
            for each in measured.rows
        ],
    )  # fmt: skip
    show.note("note drilled", Tone.GOOD, seconds=f"{measured.took.total_seconds():.1f}")


def last_held(here: Place) -> datetime | None:
    """When the last drill began; None where there was none."""
    files = sorted((here.state.root / DRILLS).glob("*.json"))
    return datetime.fromisoformat(json.loads(files[-1].read_text())["began"]) if files else None


def _history(show: Show, here: Place) -> None:
    reports = [
        json.loads(file.read_text())
        for file in sorted((here.state.root / DRILLS).glob("*.json"))
    ]  # fmt: skip
    if show.settings.format is not Format.TABLE:
        show.json(reports)
        return
    show.table(
        ("when", "took", "problems"),
        [
            (Cell(each["began"][:19]), Cell(f"{each['rto_seconds']:.1f} s"),
             Cell("; ".join(each["problems"]) or "-"))
            for each in reports
        ],
    )  # fmt: skip
