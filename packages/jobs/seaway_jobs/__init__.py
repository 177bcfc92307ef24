"""Jobs that are never lost and effects that happen exactly once, in PostgreSQL."""

from seaway_jobs.errors import (
    DatabaseAway,
    GiveUp,
    InTransaction,
    JobsError,
    SchemaTooOld,
    Superseded,
    TryAgain,
)
from seaway_jobs.job import Job
from seaway_jobs.looking import drop, find, find_many, look, replay, replay_all, stats, workers
from seaway_jobs.metrics import metrics
from seaway_jobs.queue import Queue
from seaway_jobs.schema import install, installed, is_own_table
from seaway_jobs.settings import WorkerSettings
from seaway_jobs.views import Change, JobView, Payload, QueueStats, State, WorkerView, as_json
from seaway_jobs.work import work

__all__ = [
    "Change", "DatabaseAway", "GiveUp", "InTransaction", "Job", "JobView", "JobsError",
    "Payload", "Queue", "QueueStats", "SchemaTooOld", "State", "Superseded", "TryAgain",
    "WorkerSettings", "WorkerView", "as_json", "drop", "find", "find_many", "install",
    "installed", "is_own_table", "look", "metrics", "replay", "replay_all", "stats",
    "work", "workers",
]  # fmt: skip
