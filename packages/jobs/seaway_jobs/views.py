"""What can be seen of jobs, queues and workers; plain values."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

Payload = dict[str, Any]


class State(StrEnum):
    """Where a job is."""

    WAITING = "waiting"
    DELAYED = "delayed"
    """Not before its time: enqueued for later, or waiting for its next try."""
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"
    """No more tries: kept until it is replayed or dropped."""
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobView:
    """One job as it was at that moment."""

    id: int
    queue: str
    task: str
    payload: Payload
    state: State
    priority: int
    attempt: int
    """How often it was begun."""
    crashes: int
    """How often its worker was lost."""
    cause: str | None
    reason: str | None
    """Why the last try came to nothing."""
    trace: str | None
    percent: int | None
    text: str | None
    enqueued_at: datetime | None
    due_at: datetime | None
    started_at: datetime | None
    finished_at: datetime | None
    worker: str | None
    events: tuple[tuple[datetime, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStats:
    """Figures of one task in one queue; those of what is done reach back as far as it is kept."""

    queue: str
    task: str
    waiting: int
    delayed: int
    running: int
    done: int
    dead: int
    oldest_age: timedelta | None
    """How long the oldest waiting job has been waiting."""
    mean_duration: timedelta | None
    served_by: int
    """Workers of this queue."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerView:
    """One worker that is connected, or was a moment ago."""

    id: int
    queue: str
    instance: str
    host: str
    process: int
    concurrency: int
    running: int
    seen_at: datetime
    state: str
    """`working`, `stopping` or `silent`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that happened to a job a moment ago."""

    job: int
    task: str
    queue: str
    state: State
    attempt: int
    percent: int | None
    text: str | None


def as_json(view: JobView | QueueStats | WorkerView | Change) -> dict[str, object]:
    """Return plain data: times as ISO 8601, durations as seconds."""
    return {name: _plain(each) for name, each in asdict(view).items()}


def _plain(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case tuple():
            return [_plain(each) for each in value]
        case _:
            return value
