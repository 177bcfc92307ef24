"""Rollout: what a deploy cost those who asked meanwhile, told afterwards."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from seaway.engine.measuring import Measured
from seaway.model.figures import Figures, together
from seaway.ports.ledger import Event


class Outcome(StrEnum):
    """What became of it."""

    GOOD = "good"
    BACK = "back"
    """It failed, and the release before serves again."""
    LOST = "lost"
    """It failed, and nothing was restored."""
    UNFINISHED = "unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Before, during or after; latencies in seconds until an answer began."""

    name: str
    took: timedelta
    figures: Figures

    @property
    def latencies(self) -> dict[str, float]:
        """The usual percentiles, in milliseconds."""
        parts = {"p50": 0.5, "p95": 0.95, "p99": 0.99}
        return {name: round(self.figures.quantile(q) * 1000, 2) for name, q in parts.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Second:
    """One second of it; `at` counts from the beginning, less than 0 before it."""

    at: int
    old: Figures
    """Of instances that were there before."""
    new: Figures
    nobody: Figures
    """Of requests that no instance took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that is told of one."""

    stack: str
    environment: str
    release: int
    outcome: Outcome
    begun: datetime
    took: timedelta
    """Until it was decided."""
    parts: tuple[Part, ...]
    seconds: tuple[Second, ...]
    events: tuple[Event, ...]
    back: int
    """The release to which one would go back now; 0 for none."""
    good: int = 0
    """The release that serves again, where it failed."""

    @property
    def whole(self) -> Figures:
        """Since its beginning."""
        return together(each.figures for each in self.parts if each.name != "before")

    @property
    def way_back(self) -> str:
        """The command; empty where there is none."""
        return f"seaway rollback {self.back}" if self.back else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The moments of a rollout."""

    first: datetime
    """From when on it was measured."""
    begun: datetime
    placed: datetime
    """When it was in place, or what was before was restored."""
    last: datetime


def parts(measured: Measured, span: Span) -> tuple[Part, ...]:
    """Before, during and after, cut at whole seconds as the figures are."""
    cuts = {
        "before": (span.first, span.begun), "during": (span.begun, span.placed),
        "after": (span.placed, span.last),
    }  # fmt: skip
    return tuple(
        Part(name=name, took=end - begin, figures=measured.between(*_seconds(name, begin, end)))
        for name, (begin, end) in cuts.items()
    )


def _seconds(name: str, begin: datetime, end: datetime) -> tuple[float, float]:
    """What happens in the second of a change counts as during it."""
    first, last = int(begin.timestamp()), int(end.timestamp())
    match name:
        case "during":
            return first, last + 1
        case "after":
            return first + 1, last + 1
        case _:
            return first, last


def seconds(measured: Measured, begun: datetime, old: frozenset[str]) -> tuple[Second, ...]:
    """Second by second; `old` are the instances that were there before."""
    sides = (
        measured.by_second(lambda _, name: name in old),
        measured.by_second(lambda _, name: bool(name) and name not in old),
        measured.by_second(lambda _, name: not name),
    )
    zero, none = int(begun.timestamp()), Figures()
    told = [second for side in sides for second in side]
    known = range(min(told), max(told) + 1) if told else range(0)
    return tuple(
        Second(
            at=each - zero, old=sides[0].get(each, none), new=sides[1].get(each, none),
            nobody=sides[2].get(each, none),
        )
        for each in known
    )  # fmt: skip


def placed(events: Sequence[Event], number: int, otherwise: datetime) -> datetime:
    """When that release was in place."""
    mine = (
        each.at for each in events
        if each.code == "SW531" and each.facts.get("release") == number
    )  # fmt: skip
    return next(mine, otherwise)
