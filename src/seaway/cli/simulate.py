"""simulate: a load against the rules of scaling, with nothing running."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import click

from seaway import wiring
from seaway.cli.command import Command, Option
from seaway.cli.place import options
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.cli.values import Duration
from seaway.engine.simulate import Load, Moment, Outcome, Service, simulate
from seaway.errors import UsageError
from seaway.model.workload import Workload

HEADS = ("moment", "requests", "copies", "cpu", "p95", "by")


@click.command(
    "simulate", cls=Command,
    examples=(
        "seaway simulate monday.csv",
        "seaway simulate monday.csv api -e production --cost 25ms",
        "seaway simulate monday.csv --format json",
    ),
)  # fmt: skip
@click.option("--cost", type=Duration(), default="10ms", cls=Option, help="option cost")
@click.option("--start", type=Duration(), default="5s", cls=Option, help="option start")
@click.argument("trace", metavar="TRACE")
@click.argument("name", required=False, metavar="[SERVICE]")
@click.pass_obj
def command(
    settings: Settings, *, cost: timedelta, start: timedelta, trace: str, name: str | None
) -> None:  # fmt: skip
    """Replay a load against the scaling rules."""
    show = Show(settings)
    workload = _scaled(settings, name)
    service = Service(
        scaling=workload.scaling, cpu=workload.limits.cpu or 1.0,  # type: ignore[arg-type]  # see _scaled
        cost=cost.total_seconds(), start=start.total_seconds(),
    )  # fmt: skip
    outcome = simulate(service, tuple(_loads(Path(trace))))
    if settings.format is Format.JSON:
        show.json(_as_json(workload, outcome))
        return
    show.table(HEADS, [_row(each) for each in _told(outcome)])
    show.note("note simulated", Tone.GOOD if outcome.lost < 1 else Tone.BAD, **_sums(outcome))


def _scaled(settings: Settings, name: str | None) -> Workload:
    """The service of that name, or the only one that scales.

    Raises:
        UsageError: there is none, or several and none is named.
    """
    release = wiring.demanded(wiring.resolved(wiring.read_stack(options(settings)))).release
    found = [each for each in release.workloads if each.scaling]
    known = ", ".join(each.name for each in found) or "-"
    named = [each for each in found if name in {None, each.name}]
    if len(named) != 1:
        raise UsageError("SW592", name=name or "-", known=known, environment=settings.environment)
    return named[0]


def _loads(file: Path) -> Iterator[Load]:
    """Rows of seconds and requests per second; a first row of words is a head.

    Raises:
        UsageError: a row is something else, or time runs backwards.
    """
    try:
        rows = list(csv.reader(file.read_text(encoding="utf-8").splitlines()))
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or str(error)
        raise UsageError("SW593", file=str(file), problem=problem) from error
    last = 0.0
    for number, row in enumerate(rows, 1):
        try:
            at, rps = (float(each) for each in row[:2])
        except ValueError:
            if number == 1:
                continue
            raise UsageError("SW594", file=str(file), line=number, found=",".join(row)) from None
        if not last <= at < float("inf") or not 0 <= rps < float("inf"):
            raise UsageError("SW594", file=str(file), line=number, found=",".join(row))
        last = at
        yield Load(at=at, rps=rps)


def _told(outcome: Outcome) -> Iterator[Moment]:
    """The first, the last, and each that changes the number."""
    moments = outcome.moments
    for index, each in enumerate(moments):
        if each.by or index in {0, len(moments) - 1}:
            yield each


def _row(moment: Moment) -> tuple[Cell, ...]:
    return (
        Cell(str(timedelta(seconds=int(moment.at))), Tone.STRONG), Cell(f"{moment.rps:g}/s"),
        Cell(str(moment.copies)), Cell(f"{moment.cpu:.0%}"), Cell(f"{moment.p95 * 1000:.0f} ms"),
        Cell(moment.by, Tone.BESIDE),
    )  # fmt: skip


def _sums(outcome: Outcome) -> dict[str, object]:
    most = max((each.copies for each in outcome.moments), default=0)
    worst = max((each.p95 for each in outcome.moments), default=0.0)
    return {
        "changes": len(outcome.changes), "most": most, "hours": round(outcome.copy_hours, 2),
        "lost": round(outcome.lost), "requests": round(outcome.requests),
        "worst": f"{worst * 1000:.0f} ms",
    }  # fmt: skip


def _as_json(workload: Workload, outcome: Outcome) -> dict[str, object]:
    moments = [
        {"at": each.at, "rps": each.rps, "copies": each.copies, "ready": each.ready,
         "cpu": round(each.cpu, 4), "p95": round(each.p95, 4), "by": each.by}
        for each in outcome.moments
    ]  # fmt: skip
    return {"service": workload.name, **_sums(outcome), "moments": moments}
