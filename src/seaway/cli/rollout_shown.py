"""The report of a rollout: on a terminal, and as JSON."""

from seaway.cli.show import Cell, Show, Tone
from seaway.engine.rollout import Outcome, Part, Report
from seaway.messages import Language, say
from seaway.model.figures import Figures
from seaway.ports.ledger import Event

TONES = {
    Outcome.GOOD: Tone.GOOD, Outcome.BACK: Tone.BAD, Outcome.LOST: Tone.BAD,
    Outcome.UNFINISHED: Tone.DOUBTFUL,
}  # fmt: skip
SHOWN = frozenset({"SW513", "SW515", "SW517", "SW520", "SW521", "SW522", "SW531", "SW532", "SW533",
                   "SW536", "SW551", "SW552", "SW553"})  # fmt: skip
"""Events of the time line."""


def show_report(show: Show, report: Report) -> None:
    """What became of it, what it cost, and the way back."""
    title = show.told("rollout title", release=report.release, stack=report.stack)
    outcome = show.told(f"rollout {report.outcome}", good=report.good)
    show.line(Cell(f"{title}: ", Tone.STRONG), Cell(outcome, TONES[report.outcome]))
    if any(each.figures.requests for each in report.parts):
        whole = report.whole
        show.line(
            Cell(
                show.told(
                    "rollout figures", requests=whole.requests, failed=whole.failed,
                    cut=whole.cut, took=f"{report.took.total_seconds():.1f}",
                )
            )
        )  # fmt: skip
        _parts(show, report)
    else:
        show.line(Cell(show.told("rollout quiet"), Tone.BESIDE))
    if report.way_back:
        show.line(Cell(show.told("rollout way back", command=report.way_back), Tone.BESIDE))


def _parts(show: Show, report: Report) -> None:
    heads = ("rollout part", "rollout requests", "rollout failed", "rollout cut")
    titles = [*(show.told(each) for each in heads), "p50", "p95", "p99 (ms)"]
    rows = [[Cell(each.upper(), Tone.STRONG) for each in titles]]
    rows += [_row(show, each) for each in report.parts]
    show.rows(rows)


def _row(show: Show, part: Part) -> list[Cell]:
    figures = part.figures
    bad = Tone.BAD if figures.failed + figures.cut else Tone.PLAIN
    numbers = [f"{each:.1f}" if figures.steps else "" for each in part.latencies.values()]
    return [
        Cell(show.told(f"rollout {part.name}")), Cell(str(figures.requests)),
        Cell(str(figures.failed), bad), Cell(str(figures.cut), bad),
        *(Cell(each) for each in numbers),
    ]  # fmt: skip


# --------------------------------------------------------------------------------- for programs


def as_json(report: Report) -> dict[str, object]:
    """A report for programs; times in seconds, latencies in milliseconds."""
    return {
        "stack": report.stack, "environment": report.environment, "release": report.release,
        "outcome": report.outcome.value, "restored": report.good or None,
        "begun": report.begun.isoformat(), "took": round(report.took.total_seconds(), 3),
        "parts": {each.name: {
            "seconds": round(each.took.total_seconds(), 3), **_counts(each.figures),
            **each.latencies,
        } for each in report.parts},
        "seconds": [{
            "at": each.at, "old": _counts(each.old), "new": _counts(each.new),
            "nobody": _counts(each.nobody),
            "p95": round(_p95(each.old, each.new) * 1000, 2),
        } for each in report.seconds],
        "events": [_event(report, each) for each in report.events],
        "rollback": report.way_back or None,
    }  # fmt: skip


def _p95(*figures: Figures) -> float:
    return max(each.quantile(0.95) for each in figures)


def _counts(figures: Figures) -> dict[str, int]:
    return {"requests": figures.requests, "failed": figures.failed, "cut": figures.cut}


def _event(report: Report, event: Event) -> dict[str, object]:
    both = {each.value: say(event.code, event.facts, each).text for each in Language}
    at = (event.at - report.begun).total_seconds()
    return {"at": round(at, 3), "code": event.code, "facts": dict(event.facts), **both}
