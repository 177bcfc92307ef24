"""Looks at jobs, and mends what went wrong with them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import LiteralString

from seaway_jobs.views import JobView, QueueStats, State, WorkerView
from seaway_jobs.within import Row, Within, rows

SILENT = timedelta(seconds=10)

STATE: LiteralString = """CASE j.status::text
    WHEN 'todo' THEN CASE WHEN j.scheduled_at > now() THEN 'delayed' ELSE 'waiting' END
    WHEN 'doing' THEN 'running' WHEN 'succeeded' THEN 'done' WHEN 'failed' THEN 'dead'
    ELSE 'dropped' END"""

JOBS: LiteralString = f"""
SELECT j.id, j.queue_name AS queue, j.task_name AS task, j.args AS payload, {STATE} AS state,
    j.priority, coalesce(n.crashes, 0) AS crashes, n.cause, n.reason, n.trace,
    n.percent, n.said AS text, j.scheduled_at AS due_at, n.finished AS finished_at,
    CASE WHEN j.status = 'doing' THEN w.instance END AS worker,
    e.enqueued AS enqueued_at, e.begun AS started_at, e.times AS attempt
FROM procrastinate_jobs j
LEFT JOIN seaway_jobs_notes n ON n.job_id = j.id
LEFT JOIN seaway_jobs_workers w ON w.id = j.worker_id
CROSS JOIN LATERAL (SELECT min(at) FILTER (WHERE type = 'deferred') AS enqueued,
        max(at) FILTER (WHERE type = 'started') AS begun,
        count(*) FILTER (WHERE type = 'started') AS times
    FROM procrastinate_events WHERE job_id = j.id) e
"""  # noqa: S608 - all of it is written here

CHOSEN: LiteralString = f"""
WHERE (%(queue)s::text IS NULL OR j.queue_name = %(queue)s)
  AND (%(task)s::text IS NULL OR j.task_name = %(task)s)
  AND (%(state)s::text IS NULL OR {STATE} = %(state)s)
ORDER BY j.id DESC LIMIT %(limit)s
"""

EVENTS: LiteralString = """
SELECT at, type::text AS what FROM procrastinate_events WHERE job_id = %s ORDER BY at, id"""

STATS: LiteralString = f"""
SELECT j.queue_name AS queue, j.task_name AS task,
    count(*) FILTER (WHERE {STATE} = 'waiting') AS waiting,
    count(*) FILTER (WHERE {STATE} = 'delayed') AS delayed,
    count(*) FILTER (WHERE j.status = 'doing') AS running,
    count(*) FILTER (WHERE j.status = 'succeeded') AS done,
    count(*) FILTER (WHERE j.status = 'failed') AS dead,
    (SELECT clock_timestamp() - e.at FROM procrastinate_events e WHERE e.job_id =
        min(j.id) FILTER (WHERE {STATE} = 'waiting') ORDER BY e.id DESC LIMIT 1) AS oldest_age,
    make_interval(secs => avg(n.seconds) FILTER (WHERE j.status = 'succeeded')) AS mean_duration,
    (SELECT count(*) FROM seaway_jobs_workers w WHERE w.queue = j.queue_name) AS served_by
FROM procrastinate_jobs j LEFT JOIN seaway_jobs_notes n ON n.job_id = j.id
WHERE (%(queue)s::text IS NULL OR j.queue_name = %(queue)s)
GROUP BY j.queue_name, j.task_name ORDER BY 1, 2
"""  # noqa: S608 - all of it is written here

WORKERS: LiteralString = """
SELECT w.id, w.queue, w.instance, w.host, w.process, w.concurrency, p.last_heartbeat AS seen_at,
    w.stopping, (SELECT count(*) FROM procrastinate_jobs j
        WHERE j.worker_id = w.id AND j.status = 'doing') AS running
FROM seaway_jobs_workers w JOIN procrastinate_workers p ON p.id = w.id ORDER BY w.queue, w.id
"""


async def look(
    within: Within,
    *,
    queue: str | None = None,
    state: State | None = None,
    task: str | None = None,
    limit: int = 100,
) -> list[JobView]:
    """Return jobs, the newest first."""
    wanted = {"queue": queue, "task": task, "state": state and state.value, "limit": limit}
    return [_job(row) for row in await rows(within, JOBS + CHOSEN, wanted)]


async def find(within: Within, job: int) -> JobView | None:
    """Return the job with its history, or None."""
    found = await rows(within, JOBS + " WHERE j.id = %s", (job,))
    if not found:
        return None
    events = tuple((row["at"], str(row["what"])) for row in await rows(within, EVENTS, (job,)))
    return _job({**found[0], "events": events})


async def find_many(within: Within, jobs: Sequence[int]) -> list[JobView]:
    """Return those of the jobs that are there, by number."""
    query: LiteralString = JOBS + " WHERE j.id = ANY (%s) ORDER BY j.id"
    return [_job(row) for row in await rows(within, query, (list(jobs),))]


async def replay(within: Within, jobs: Sequence[int]) -> list[int]:
    """Let dead and dropped jobs wait again, with nothing counted against them; return which."""
    query: LiteralString = "SELECT seaway_jobs_replay(%s::bigint[]) AS id"
    return [int(row["id"]) for row in await rows(within, query, (list(jobs),))]


async def replay_all(
    within: Within, *, queue: str | None = None, task: str | None = None
) -> list[int]:
    """Let all dead jobs of a queue or a task wait again; return which."""
    query: LiteralString = """SELECT j.id FROM procrastinate_jobs j WHERE j.status = 'failed'
        AND (%(queue)s::text IS NULL OR j.queue_name = %(queue)s)
        AND (%(task)s::text IS NULL OR j.task_name = %(task)s)"""
    dead = await rows(within, query, {"queue": queue, "task": task})
    return await replay(within, [int(row["id"]) for row in dead])


async def drop(within: Within, jobs: Sequence[int]) -> list[int]:
    """Let jobs that wait, are delayed or dead never run; return which."""
    query: LiteralString = "SELECT seaway_jobs_drop(%s::bigint[]) AS id"
    return [int(row["id"]) for row in await rows(within, query, (list(jobs),))]


async def stats(within: Within, *, queue: str | None = None) -> list[QueueStats]:
    """Return figures for each task of each queue."""
    return [QueueStats(**row) for row in await rows(within, STATS, {"queue": queue})]


async def workers(within: Within) -> list[WorkerView]:
    """Return who serves which queue."""
    return [_worker(row) for row in await rows(within, WORKERS)]


def _job(row: Row) -> JobView:
    return JobView(**{**row, "state": State(row["state"])})


def _worker(row: Row) -> WorkerView:
    silent = datetime.now(UTC) - row["seen_at"] > SILENT
    known = {name: each for name, each in row.items() if name != "stopping"}
    state = "silent" if silent else "stopping" if row["stopping"] else "working"
    return WorkerView(**known, state=state)
