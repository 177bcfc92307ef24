"""Verify: try each line of a stack's acceptance list on the running system, and tell the truth."""

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

from seaway.journey import Both, Evidence, Failed, Journey, Line, NotTried, System

Visit = TypeVar("Visit")
ENDING = 60.0
"""Seconds that a check which was broken off may take to put back what it changed."""


class Outcome(StrEnum):
    """What became of a line."""

    PASSED = "passed"
    FAILED = "failed"
    NOT_TRIED = "not tried"
    """Counts as not passed: nobody knows."""
    NOT_YET = "not yet"
    """Its feature is not built, and the line says so itself."""


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a line did not pass, in words of the catalogue."""

    code: str
    facts: Mapping[str, object] = field(default_factory=dict[str, object])


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """A line and what became of it."""

    id: str
    says: Both
    outcome: Outcome
    evidence: Evidence | None = None
    """What was seen; of a failed line, what was seen instead; of `not yet`, the reason."""
    cause: Cause | None = None
    took: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A whole journey."""

    stack: str
    environment: str
    release: int
    addresses: tuple[str, ...]
    begun: datetime
    took: timedelta
    results: tuple[Result, ...]

    def count(self, outcome: Outcome) -> int:
        """How many lines came to that."""
        return sum(each.outcome is outcome for each in self.results)

    @property
    def passed(self) -> bool:
        """Whether no line failed, none was left untried, and at least one passed."""
        bad = self.count(Outcome.FAILED) + self.count(Outcome.NOT_TRIED)
        return not bad and bool(self.count(Outcome.PASSED))


async def verify(
    journey: Journey[Visit], system: System, interrupted: asyncio.Event,
    tell: Callable[[Result], None],
) -> tuple[Result, ...]:  # fmt: skip
    """Every line in its order, each told as it ends; after an interruption none is tried."""
    visit = journey.begin(system)
    results: dict[str, Result] = {}
    for line in journey.lines:
        results[line.id] = await _result(line, visit, results, interrupted)
        tell(results[line.id])
    return tuple(results.values())


async def _result(
    line: Line[Visit], visit: Visit, before: Mapping[str, Result], interrupted: asyncio.Event
) -> Result:
    begun = asyncio.get_running_loop().time()
    outcome, evidence, cause = await _judged(line, visit, before, interrupted)
    took = timedelta(seconds=asyncio.get_running_loop().time() - begun)
    return Result(
        id=line.id, says=line.says, outcome=outcome, evidence=evidence, cause=cause, took=took
    )


async def _judged(
    line: Line[Visit], visit: Visit, before: Mapping[str, Result], interrupted: asyncio.Event
) -> "Verdict":
    if line.check is None:
        return Outcome.NOT_YET, Evidence(line.not_yet) if line.not_yet else None, None
    if interrupted.is_set():
        return Outcome.NOT_TRIED, None, Cause("SW911")
    missing = [each for each in line.after if before[each].outcome is not Outcome.PASSED]
    if missing:
        return Outcome.NOT_TRIED, None, Cause("SW910", {"lines": ", ".join(missing)})
    return await _tried(line.check(visit), line.limit, interrupted)


Verdict = tuple[Outcome, Evidence | None, Cause | None]


async def _tried(
    check: Awaitable[Evidence], limit: timedelta, interrupted: asyncio.Event
) -> Verdict:  # fmt: skip
    task = asyncio.ensure_future(check)
    bell = asyncio.ensure_future(interrupted.wait())
    try:
        await asyncio.wait(
            {task, bell}, timeout=limit.total_seconds(), return_when=asyncio.FIRST_COMPLETED
        )
        if task.done():
            return _verdict(task)
        stopped = interrupted.is_set()
    finally:
        bell.cancel()
        await _ended(task)
    if stopped:
        return Outcome.NOT_TRIED, None, Cause("SW911")
    return Outcome.FAILED, None, Cause("SW912", {"limit": f"{limit.total_seconds():g} s"})


async def _ended(task: "asyncio.Future[Evidence]") -> None:
    """Break it off if it still runs; what it does to tidy up is waited for."""
    while not task.done():
        task.cancel()
        await asyncio.wait({task}, timeout=ENDING)


def _verdict(task: "asyncio.Future[Evidence]") -> Verdict:
    try:
        return Outcome.PASSED, task.result(), None
    except NotTried as failed:
        return Outcome.NOT_TRIED, failed.evidence, None
    except Failed as failed:
        return Outcome.FAILED, failed.evidence, None
    except asyncio.CancelledError:
        return Outcome.FAILED, None, Cause("SW913", {"problem": "cancelled", "where": "-"})
    except Exception as problem:  # noqa: BLE001 -- the edge of somebody else's program
        return _unexpected(problem)


def _unexpected(problem: BaseException) -> Verdict:
    """Of tasks that failed together, the first; a `Failed` among them is one."""
    while inner := _inner(problem):
        problem = inner[0]
    if isinstance(problem, Failed):
        return Outcome.FAILED, problem.evidence, None
    text = f"{type(problem).__name__}: {problem}".rstrip(": ")
    return Outcome.FAILED, None, Cause("SW913", {"problem": text, "where": _where(problem)})


def _inner(problem: BaseException) -> tuple[BaseException, ...]:
    return getattr(problem, "exceptions", ())


def _where(problem: BaseException) -> str:
    """The line of the journey that was being worked on, as its author knows it."""
    frames: Sequence[traceback.FrameSummary] = traceback.extract_tb(problem.__traceback__)
    own = [each for each in frames if "seaway/journey/" not in each.filename]
    last = own[-1] if own else None
    return f"{Path(last.filename).name}:{last.lineno}" if last else "-"
