"""Scaling: how many copies the figures ask for, and when to follow them.

Target tracking with stabilisation (R172), the same on every platform where Seaway scales by
itself. Pure: figures and time are arguments, so that a recorded day can be replayed.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from seaway.model.scaling import APART, Scaling

OUT = timedelta(seconds=30)
"""How long more copies must have been asked for before they come (R172)."""
TOLERANCE = 0.1
"""A figure that is off by less says nothing: it is noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What was measured of one service; None for what nobody could tell."""

    copies: int
    """Copies that are ready."""
    cpu: float | None = None
    """Share of its limit, mean over copies."""
    rps: float | None = None
    """Of the whole service."""
    p95: float | None = None
    """Seconds."""
    waiting: int | None = None
    """Jobs in its queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A number of copies, and the figure that asks for it."""

    copies: int
    by: str
    """`cpu`, `rps`, `p95`, `queue`; empty where all are content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """What was asked for of late, and when the number was changed last."""

    wishes: tuple[tuple[datetime, Wish], ...] = ()
    changed: datetime | None = None
    fell: bool = False
    """Whether the last change took a copy away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The number from now on, why, and what to remember."""

    copies: int
    by: str
    course: Course


def wished(scaling: Scaling, reading: Reading, copies: int) -> Wish:
    """What the figures of this moment ask for, within the limits."""
    asked = list(_asked(scaling, reading, copies))
    if not asked:  # nobody could tell: as it is
        return Wish(copies=_within(scaling, copies), by="")
    most = max(asked, key=lambda each: each.copies)
    return replace(most, copies=_within(scaling, most.copies))


def decided(
    scaling: Scaling, course: Course, reading: Reading, copies: int, now: datetime
) -> Decision:
    """Out when asked for all the time of OUT, in by one when nothing asked for it while quiet."""
    wishes = (*course.wishes, (now, wished(scaling, reading, copies)))
    first = max(OUT, scaling.quiet)
    kept = tuple(each for each in wishes if each[0] >= now - first - APART)
    course = replace(course, wishes=kept)
    low, high = _least(kept, now), _greatest(kept, now, scaling.quiet)
    rested = course.changed is None or now - course.changed >= APART
    settled = reading.copies >= copies  # what is coming may be enough
    number, by = copies, ""
    if (bounded := _within(scaling, copies)) != copies:
        number, by = bounded, "limits"
    elif low and low.copies > copies and settled and (rested or not course.fell):
        number, by = low.copies, low.by
    elif high and high.copies < copies and settled and rested:
        number, by = copies - 1, high.by
    if number != copies:
        course = replace(course, changed=now, fell=number < copies)
    return Decision(copies=number, by=by, course=course)


def _asked(scaling: Scaling, reading: Reading, copies: int) -> Iterator[Wish]:
    if scaling.cpu and reading.cpu is not None and reading.copies:
        share = reading.cpu / scaling.cpu
        yield Wish(copies=_followed(share, reading.copies, copies), by="cpu")
    if scaling.rps and reading.rps is not None:
        share = reading.rps / scaling.rps / max(copies, 1)
        yield Wish(copies=_followed(share, max(copies, 1), copies), by="rps")
    if scaling.p95 and reading.p95 is not None:
        yield Wish(copies=copies + _towards(reading.p95 / scaling.p95), by="p95")
    if scaling.waiting and reading.waiting is not None:
        yield Wish(copies=math.ceil(reading.waiting / scaling.waiting), by="queue")


def _followed(share: float, measured: int, copies: int) -> int:
    """So many that each would have its target; close to it, as many as there are."""
    if abs(share - 1) <= TOLERANCE:
        return copies
    return math.ceil(measured * share - 1e-9)


def _towards(share: float) -> int:
    """Latency says that there are too few, not how many too few: a step at a time."""
    if share > 1:
        return 1
    return -1 if share < 0.5 else 0  # noqa: PLR2004 -- half of what is allowed


def _least(wishes: tuple[tuple[datetime, Wish], ...], now: datetime) -> Wish | None:
    """The smallest of the last OUT; None while that has not been watched yet."""
    late = [wish for at, wish in wishes if at >= now - OUT]
    watched = wishes[0][0] <= now - OUT
    return min(late, key=lambda each: each.copies) if watched else None


def _greatest(
    wishes: tuple[tuple[datetime, Wish], ...], now: datetime, quiet: timedelta
) -> Wish | None:  # fmt: skip
    late = [wish for at, wish in wishes if at >= now - quiet]
    watched = wishes[0][0] <= now - quiet
    return max(late, key=lambda each: each.copies) if watched else None


def _within(scaling: Scaling, copies: int) -> int:
    return min(max(copies, scaling.least), scaling.most)
