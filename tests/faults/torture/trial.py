"""Trial: what one torture test is given, and the tally it keeps."""

import random
import statistics
from dataclasses import dataclass, field
from pathlib import Path

Figure = int | float | str
"""What a result may say beside the figures that all have in common."""


@dataclass
class Tally:
    """What a test counts while it runs. It has passed when nothing in `wrong` says otherwise."""

    faults: int = 0
    """Faults that really happened, as seen in the damage; planned ones do not count."""
    requests: int = 0
    lost: int = 0
    executed_twice: int = 0
    rows_acked: int = 0
    rows_lost: int = 0
    mending: list[float] = field(default_factory=list[float])
    """Seconds of each recovery."""
    leaks: int = 0
    """Processes, files, groups or descriptors that were left behind."""
    more: dict[str, Figure] = field(default_factory=dict[str, Figure])
    wrong: list[str] = field(default_factory=list[str])

    def demand(self, claim: object, otherwise: str) -> None:
        """The test fails, and goes on, when the claim does not hold."""
        if not claim:
            self.wrong.append(otherwise)


@dataclass(frozen=True)
class Trial:
    """One run of one test."""

    seed: int
    full: bool
    folder: Path
    """Its own; others may pass through it; removed afterwards."""
    chance: random.Random
    """The only source of chance, so that a seed repeats a run."""
    part: tuple[int, int] = (1, 1)
    """Which of so many parts of a test is run, where it can be run in parts."""
    target: str = "local"
    """The platform whose stacks are hurt."""
    tally: Tally = field(default_factory=Tally)

    def times(self, full: int, short: int) -> int:
        """How often something is done."""
        return full if self.full else short

    def times_here(self, full: int, short: int) -> int:
        """How many of them this part does; all parts of one seed together do all of them."""
        number, parts = self.part
        wanted = self.times(full, short)
        return wanted * number // parts - wanted * (number - 1) // parts

    def limit(self, full: float, short: float) -> float:
        """A figure that time must not exceed: the promise, or a generous one on a busy machine."""
        return full if self.full else short


def result(test: str, trial: Trial) -> dict[str, Figure | bool | list[str]]:
    """What is printed of a run; times are milliseconds. Without a fault there is no pass."""
    tally = trial.tally
    tally.demand(tally.faults, "the fault never happened")
    tally.demand(not tally.leaks, f"{tally.leaks} left behind")
    return {
        "test": test, "target": trial.target, "faults": tally.faults,
        "requests": tally.requests, "lost": tally.lost,
        "executed_twice": tally.executed_twice, "rows_acked": tally.rows_acked,
        "rows_lost": tally.rows_lost, "mttr_p50": share(tally.mending, 0.5),
        "mttr_p99": share(tally.mending, 0.99), "mttr_max": share(tally.mending, 1),
        "leaks": tally.leaks, "seed": trial.seed, "full": trial.full,
        "passed": not tally.wrong, "why": tally.wrong[:20], **tally.more,
    }  # fmt: skip


def share(seconds: list[float], part: float) -> float:
    """The time within which that part of them lay, in milliseconds; 0 of none."""
    if not seconds:
        return 0.0
    ordered = sorted(seconds)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * part))] * 1000, 2)


def middle(seconds: list[float]) -> float:
    """The median in milliseconds; 0 of none."""
    return round(statistics.median(seconds) * 1000, 2) if seconds else 0.0
