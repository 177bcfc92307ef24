"""drill: restore everything elsewhere, compare it with what runs, and say how long it took."""

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from seaway.cli.backup_places import key_of
from seaway.cli.command import Command, Option
from seaway.cli.drill_page import page
from seaway.cli.drill_report import genuine, history, listed, problems_of, words_of
from seaway.cli.drilling import MISSED, held
from seaway.cli.page import size
from seaway.cli.place import Place, place_of
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.signals import carried_out
from seaway.errors import SeawayError

EXAMPLES = (
    "seaway drill", "seaway drill --html drill.html", "seaway drill --format json",
    "seaway drill --history",
)  # fmt: skip


@click.command(cls=Command, examples=EXAMPLES)
@click.option("--history", "asked", is_flag=True, cls=Option, help="option drill history")
@click.option("--html", metavar="FILE", cls=Option, help="option html")
@click.pass_obj
def drill(settings: Settings, *, asked: bool, html: str | None) -> None:
    """Restore into a stack of its own, compare, measure, and remove it."""
    show, here = Show(settings), place_of(settings)
    if asked:
        _history(show, here)
        return
    report = carried_out(held(show, here))
    _show(show, report)
    if html:
        text = page(report, settings.language)
        try:
            Path(html).write_text(text, encoding="utf-8")
        except OSError as error:
            problem = error.strerror or str(error)
            raise SeawayError("SW905", file=html, problem=problem) from error
        show.note("note report", Tone.BESIDE, file=html)
    if problems := problems_of(report):
        raise SeawayError(MISSED, problems="; ".join(problems))


def _show(show: Show, report: Mapping[str, object]) -> None:
    if show.settings.format is not Format.TABLE:
        show.json(report)
        return
    show.table(
        ("store", "as of", "lost at most", "size", "same", "changed", "differs", "references",
         "missing"),
        [_row(each) for each in listed(report, "stores")],
    )  # fmt: skip
    for line in listed(report, "journey"):
        _line(show, line)
    if real := words_of(report, "journey_not_tried_for"):
        show.note("SW863", Tone.DOUBTFUL, names=", ".join(real))
    show.note("note drilled", Tone.GOOD, seconds=f"{report['rto_seconds']:.1f}")


def _line(show: Show, line: Mapping[str, object]) -> None:
    """Of the journey, as `verify` shows it."""
    says, seen = line["says"], line["seen"]
    language = show.settings.language.value
    sign = Cell("✔ ", Tone.GOOD) if line["passed"] else Cell("✘ ", Tone.BAD)
    show.line(sign, Cell(_in(says, language)), Cell(f"  {line['seconds']} s", Tone.BESIDE))
    if not line["passed"]:
        show.line(Cell(f"  {_in(seen, language)}", Tone.BAD))


def _in(texts: object, language: str) -> str:
    return str(texts[language]) if isinstance(texts, dict) else ""  # pyright: ignore[reportUnknownArgumentType] -- any JSON


def _row(store: Mapping[str, object]) -> tuple[Cell, ...]:
    as_of = datetime.fromisoformat(str(store["as_of"]))
    return (
        Cell(str(store["store"]), Tone.STRONG), Cell(f"{as_of:%Y-%m-%d %H:%M:%S} UTC"),
        Cell(f"{store['rpo_seconds']:.1f} s"), Cell(size(int(str(store["bytes"])))),
        Cell(str(store["same"])), Cell(str(store["changed"])), _count(store["differs"]),
        Cell(str(store["references"])), _count(store["dangling"]),
    )  # fmt: skip


def _count(found: object) -> Cell:
    number = len(found) if isinstance(found, list) else 0  # pyright: ignore[reportUnknownArgumentType] -- any JSON
    return Cell(str(number), Tone.BAD if number else Tone.PLAIN)


def _history(show: Show, here: Place) -> None:
    reports = history(here.state.root)
    if show.settings.format is not Format.TABLE:
        show.json(list(reports))
        return
    key = key_of(here)
    show.table(
        ("when", "took", "problems", "signature"),
        [
            (Cell(str(each["began"])[:19]), Cell(f"{each['rto_seconds']:.1f} s"),
             Cell("; ".join(problems_of(each)) or "-"),
             Cell(show.told("drill genuine")) if genuine(each, key)
             else Cell(show.told("drill changed"), Tone.BAD))
            for each in reports
        ],
    )  # fmt: skip
