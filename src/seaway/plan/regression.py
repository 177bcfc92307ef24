"""Regression: whether a release on trial does worse than it may, from what was measured."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from seaway.model.figures import Figures

LASTING = timedelta(seconds=10)
"""How long a condition must hold where nothing is said."""
FEWEST = 20
"""Requests within that time; of fewer, nothing is concluded."""
FEWEST_FAILED = 3
"""One that failed may have had its own reason."""
LEAST_SHARE, LEAST_SECONDS = 0.001, 0.005
"""With `x` the release before counts as having done at least so badly: twice nothing is nothing."""
_CONDITION = re.compile(r"> ?([0-9.]+) ?(%|x|ms|s)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Regression:
    """What does worse than it may, in figures for people."""

    workload: str
    what: str
    """`errors` or `p95`."""
    found: str
    limit: str
    requests: int


def lasting(conditions: Mapping[str, str]) -> timedelta:
    """How long a condition must hold."""
    if "for" not in conditions:
        return LASTING
    from seaway.model.quantity import duration  # noqa: PLC0415 -- slow to load, seldom asked for

    return duration(conditions["for"])


def regression(
    workload: str, conditions: Mapping[str, str], new: Figures, before: Figures
) -> Regression | None:
    """The first condition that holds. `new` is of as long as it must hold, `before` of the others.

    Without requests there is nothing to compare, and nothing is concluded.
    """
    if new.requests < FEWEST:
        return None
    return _errors(workload, conditions, new, before) or _late(workload, conditions, new, before)


def _errors(
    workload: str, conditions: Mapping[str, str], new: Figures, before: Figures
) -> Regression | None:  # fmt: skip
    few = before.requests < FEWEST
    limit = _limit(conditions.get("errors", ""), 0.0 if few else max(before.errors, LEAST_SHARE))
    if not limit or new.errors <= limit or new.failed + new.cut < FEWEST_FAILED:
        return None
    return Regression(
        workload=workload, what="errors", found=f"{new.errors:.1%}", limit=f"{limit:.1%}",
        requests=new.requests,
    )  # fmt: skip


def _late(
    workload: str, conditions: Mapping[str, str], new: Figures, before: Figures
) -> Regression | None:  # fmt: skip
    few, late = before.requests < FEWEST, new.quantile(0.95)
    usual = 0.0 if few else max(before.quantile(0.95), LEAST_SECONDS)
    limit = _limit(conditions.get("p95", ""), usual)
    if not limit or late <= limit:
        return None
    return Regression(
        workload=workload, what="p95", found=f"{late * 1000:.0f} ms",
        limit=f"{limit * 1000:.0f} ms", requests=new.requests,
    )  # fmt: skip


def _limit(written: str, before: float) -> float:
    """A share, or seconds; 0 for none. `x` times nothing to compare with is none."""
    found = _CONDITION.fullmatch(written)
    if found is None:
        return 0.0
    number = float(found[1])
    match found[2]:
        case "%":
            return number / 100
        case "x":
            return before * number
        case "ms":
            return number / 1000
        case _:
            return number
