"""A job as its owner sees it, put together from its row and from what the queue knows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seaway_jobs import JobView, State

from aixsss.ai.failures import told
from aixsss.ai.writing import Kind
from aixsss.stores.models import JobRecord


class JobState(StrEnum):
    """Where a job is, as its owner sees it."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"


UNDER_WAY = frozenset({JobState.QUEUED, JobState.RUNNING, JobState.WAITING, JobState.CANCELLING})
STATES = {
    State.WAITING: JobState.QUEUED,
    State.DELAYED: JobState.WAITING,
    State.RUNNING: JobState.RUNNING,
    State.DONE: JobState.DONE,
    State.DEAD: JobState.DEAD,
    State.DROPPED: JobState.CANCELLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewJob:
    """What a user asks for; without a provider the stack's own model is asked."""

    kind: Kind
    prompt: str
    scenes: int
    provider: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job as its owner sees it."""

    record: JobRecord
    view: JobView | None
    """What the queue knows; finished ones are forgotten there after a day."""
    preview: str = ""
    done: int = 0
    """How many pieces are written."""

    @property
    def state(self) -> JobState:
        """Where it is: what is written down here counts more than what the queue remembers."""
        if self.record.finished_at is not None:
            return JobState.DONE
        state = STATES[self.view.state] if self.view else JobState.CANCELLED
        if self.record.cancelled_at is None:
            return state
        return JobState.CANCELLING if state is JobState.RUNNING else JobState.CANCELLED

    @property
    def reason(self) -> tuple[str, str]:
        """Why it is dead or waits for another try: a code and a detail."""
        if self.view is None or self.state not in {JobState.DEAD, JobState.WAITING}:
            return "", ""
        code, detail = told(self.view.reason or "")
        return code or (self.view.cause or ""), detail

    @property
    def percent(self) -> int:
        """How much is written."""
        if self.state is JobState.DONE:
            return 100
        kept = 100 * self.done // self.record.pieces
        running = self.view is not None and self.state is JobState.RUNNING
        return max(kept, (self.view.percent or 0) if self.view and running else 0)

    @property
    def attempt(self) -> int:
        """Which try it is, or was; 0 before the first."""
        return self.view.attempt if self.view else 0

    @property
    def worker(self) -> str:
        """Who has it, or had it last."""
        return self.record.worker or (self.view.worker if self.view else None) or ""

    @property
    def retry_at(self) -> datetime | None:
        """When it is tried again."""
        return self.view.due_at if self.view and self.state is JobState.WAITING else None
