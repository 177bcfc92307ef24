"""Scaling: between which numbers of copies, and by what it is decided."""

from dataclasses import dataclass
from datetime import timedelta

APART = timedelta(seconds=60)
"""Least time between one copy less and the next change: numbers never swing (R8)."""
QUIET = timedelta(minutes=5)
"""How long fewer copies must have been enough before one goes (R172)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Zero means that a figure does not count; of several the one that asks for most does."""

    least: int
    most: int
    cpu: float = 0.0
    """Share of its limit that a copy uses, on average over copies: 0.7 for 70 %."""
    rps: float = 0.0
    """Requests each second for each copy."""
    p95: float = 0.0
    """Seconds in which 95 of 100 requests are answered."""
    queue: str = ""
    """Name of a queue; empty for none."""
    waiting: int = 0
    """Jobs that wait in it for each copy."""
    quiet: timedelta = QUIET
