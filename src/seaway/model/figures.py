"""Figures: requests as they were counted, in a form in which sums and shares are cheap."""

import math
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

STEP = 1.05
"""Latencies are counted in steps of 5 %: a percentile is off by half of that at most."""
LEAST = 0.0001
"""Seconds; all that is quicker counts as this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, as the ingress saw it end."""

    at: float
    """When it ended, in seconds of the epoch."""
    workload: str
    instance: str
    """Empty where none took it."""
    status: int
    latency: float
    """Seconds from the whole request to the head of its answer; less than 0 for no answer."""
    failed: bool
    """Answered with 500 or more, or not at all, and not because the client left."""
    cut: bool
    """The answer had begun and was broken off, and not by the client."""


@dataclass(slots=True)
class Figures:
    """Of many requests."""

    requests: int = 0
    failed: int = 0
    cut: int = 0
    steps: Counter[int] = field(default_factory=Counter[int])
    """How many latencies there were in each step."""

    def count(self, asked: Asked) -> None:
        """One more."""
        self.requests += 1
        self.failed += asked.failed
        self.cut += asked.cut
        if asked.latency >= 0 and not asked.failed:
            self.steps[step(asked.latency)] += 1

    @property
    def errors(self) -> float:
        """The share of those that failed; 0 of none."""
        return (self.failed + self.cut) / self.requests if self.requests else 0.0

    def quantile(self, part: float) -> float:
        """Seconds within which that part of the answers had begun; 0 of none."""
        left = self.steps.total() * part
        for each in sorted(self.steps):
            left -= self.steps[each]
            if left <= 0:
                return LEAST * math.pow(STEP, each + 0.5)
        return 0.0


def step(latency: float) -> int:
    """The step in which a latency in seconds is counted."""
    return max(0, math.floor(math.log(max(latency, LEAST) / LEAST, STEP)))


def together(parts: Iterable[Figures]) -> Figures:
    """The sum."""
    whole = Figures()
    for each in parts:
        whole.requests += each.requests
        whole.failed += each.failed
        whole.cut += each.cut
        whole.steps.update(each.steps)
    return whole
