"""Retention: which backups may go. The last one, and what a promise still needs, never may."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from seaway.model.backup import Keep

RECENT = timedelta(days=1)
"""So long all are kept: one taken by hand does not send away that of the night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dated:
    """What counts of one backup of one store."""

    name: str
    at: datetime
    chain: str = ""
    """The log that goes on from it: cluster and timeline. A restore begins another."""


def superfluous(
    backups: Sequence[Dated], keep: Keep, window: timedelta | None, now: datetime
) -> frozenset[str]:
    """Names of those that nothing needs any more; `window`: how far back any moment counts."""
    ordered = sorted(backups, key=lambda each: (each.at, each.name))
    if not ordered:
        return frozenset()
    needed = {ordered[-1].name, *(each.name for each in ordered if each.at > now - RECENT)}
    needed |= _newest_of_each(ordered, keep.daily, lambda at: at.date().isoformat())
    needed |= _newest_of_each(ordered, keep.weekly, lambda at: at.strftime("%G-%V"))
    needed |= _newest_of_each(ordered, keep.monthly, lambda at: at.strftime("%Y-%m"))
    if window is not None:
        needed |= set(_for_moments(ordered, now - window))
    return frozenset(each.name for each in ordered) - needed


def _newest_of_each(
    ordered: Sequence[Dated], count: int, period: Callable[[datetime], str]
) -> set[str]:  # fmt: skip
    """The last of each of so many periods in which there were any."""
    newest = {period(each.at): each.name for each in ordered}
    return set(list(newest.values())[-count:]) if count else set()


def _for_moments(ordered: Sequence[Dated], since: datetime) -> Iterator[str]:
    """Those from which any moment since then is reached: each chain has its own."""
    chains: dict[str, list[Dated]] = {}
    for each in ordered:
        chains.setdefault(each.chain, []).append(each)
    rows = sorted(chains.values(), key=lambda row: row[0].at)
    for number, row in enumerate(rows):
        ended = rows[number + 1][0].at if number + 1 < len(rows) else None
        if ended is not None and ended < since:
            continue
        before = [each for each in row if each.at < since]
        yield from (each.name for each in (*before[-1:], *row[len(before) :]))
