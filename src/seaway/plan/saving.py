"""Saving: when a store is to be saved next, from what is promised of it."""

from datetime import datetime, timedelta

from seaway.model.backup import Saving
from seaway.plan.times import next_time

SHORTEST = timedelta(seconds=30)
"""Between two savings of a store that has no log: each is a copy of all that is new."""
CONTINUOUS = frozenset({"postgres"})
"""Parts whose log is kept as it is written."""
CYCLES = {"daily": "0 4 * * *", "weekly": "0 4 * * 0", "monthly": "0 4 1 * *"}
"""When a drill is held: after the usual time of backups."""


def continuous(saving: Saving) -> bool:
    """Whether the log is kept, as any moment or a small loss asks for."""
    promised = saving.point_in_time is not None or saving.rpo is not None
    return saving.part in CONTINUOUS and promised


def due(saving: Saving, last: datetime | None, now: datetime) -> datetime:
    """When it is to be saved: at once where it never was, by its times, and often enough.

    A store without a log that may lose an hour is saved each half hour: what was written just
    after one has begun is in the next.
    """
    if last is None:
        return now
    times = [next_time(saving.full, saving.zone, last)]
    if saving.rpo is not None and not continuous(saving):
        times.append(last + max(saving.rpo / 2, SHORTEST))
    return min(times)


def drill_due(saving: Saving, last: datetime) -> datetime | None:
    """When a drill is to be held after the last; None where none is asked for."""
    return next_time(CYCLES[saving.drill], saving.zone, last) if saving.drill else None
