"""Runs one job to its end, whatever that end is, and says what became of it."""

import asyncio
import traceback
from dataclasses import dataclass
from datetime import timedelta

import psycopg

from seaway_jobs.errors import DatabaseAway, GiveUp, Superseded, TryAgain
from seaway_jobs.job import Job
from seaway_jobs.queue import Task

LONGEST_REASON = 1_000
LONGEST_TRACE = 8_000
UNKNOWN_WAIT = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The try came to nothing."""

    wait: timedelta | None
    """None: it was the last."""
    cause: str
    reason: str
    trace: str = ""
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """The job is done, and marked so."""


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody else has it."""


@dataclass(frozen=True, slots=True)
class Returned:
    """The database went away under it: it waits again, nothing is counted."""


End = Done | Failed | Lost | Returned


async def end_of(job: Job, task: Task | None) -> End:
    """Run the job; cancelling passes through."""
    if task is None:
        return _unknown(job)
    limit = asyncio.timeout(task.timeout.total_seconds() if task.timeout else None)
    try:
        async with limit:
            await task.body(job, job.payload)
        if not job.done:
            await job.finish()
    except Exception as error:  # noqa: BLE001 - the body is the application's: anything may come
        return _broken(job, task, error, late=limit.expired())
    return Done()


def _broken(job: Job, task: Task, error: Exception, *, late: bool) -> End:
    match error:
        case Superseded():
            return Lost()
        case _ if job.done:
            return Done()  # its effect is there; what failed came after it
        case GiveUp():
            return Failed(wait=None, cause="gave-up", reason=str(error)[:LONGEST_REASON])
        case TryAgain():
            return _again(job, task, error)
        case _ if away(error):
            return Returned()
        case _:
            return _failure(job, task, error, late=late)


def away(error: BaseException) -> bool:
    """Tell whether the connection to a database ended, also where SQLAlchemy says so."""
    found = getattr(error, "orig", None) or error
    if isinstance(found, DatabaseAway):
        return True
    if not isinstance(found, psycopg.OperationalError):
        return False
    state = found.sqlstate
    return state is None or state.startswith(("08", "57P", "25P03"))


def _failure(job: Job, task: Task, error: Exception, *, late: bool) -> Failed:
    reason = f"{type(error).__name__}: {error}"
    if late and task.timeout:
        reason = f"took longer than {task.timeout.total_seconds():g} s"
    trace = "".join(traceback.format_exception(error))
    return Failed(
        wait=task.wait(job.tries + 1),
        cause="failed",
        reason=reason[:LONGEST_REASON],
        trace=trace[-LONGEST_TRACE:],
    )


def _again(job: Job, task: Task, error: TryAgain) -> Failed:
    dead = error.counts and task.wait(job.tries + 1) is None
    return Failed(
        wait=None if dead else error.after,
        cause="failed",
        reason=error.reason[:LONGEST_REASON],
        counts=error.counts,
    )


def _unknown(job: Job) -> Failed:
    """Older workers may run beside newer ones for a while: they leave it to those."""
    wait = UNKNOWN_WAIT * (1 << job.tries) if job.tries < 2 else None  # noqa: PLR2004
    reason = f"no task is called {job.task!r} in this worker"
    return Failed(wait=wait, cause="unknown-task", reason=reason)
