"""A queue by its name: its tasks, and how jobs get into it."""

import json
import os
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import LiteralString, Self

from seaway_jobs.changes import changes
from seaway_jobs.job import Job
from seaway_jobs.views import Change, Payload
from seaway_jobs.within import Within, rows

NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")
"""PostgreSQL takes 63 bytes for the name of a channel, and procrastinate's prefix needs 23."""

VARIABLE = "AI_QUEUE_NAME"
LONGEST_WAIT = timedelta(hours=1)

Body = Callable[[Job, Payload], Awaitable[None]]

ENQUEUE: LiteralString = """
SELECT unnest(procrastinate_defer_jobs_v1(ARRAY(
    SELECT (%(queue)s, %(task)s, %(priority)s, NULL, NULL, args,
            clock_timestamp() + %(delay)s)::procrastinate_job_to_defer_v1
    FROM jsonb_array_elements(%(payloads)s::jsonb) WITH ORDINALITY AS all_ (args, place)
    ORDER BY place))) AS id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What a name in a queue stands for."""

    name: str
    body: Body
    attempts: int
    first_wait: timedelta
    timeout: timedelta | None

    def wait(self, tries: int) -> timedelta | None:
        """Return the wait after so many tries, doubled each time; None after the last."""
        if tries >= self.attempts:
            return None
        return min(self.first_wait * (1 << min(tries - 1, 20)), LONGEST_WAIT)


class Queue:
    """Jobs of one name; those that enqueue and those that work must mean the same name."""

    def __init__(self, name: str) -> None:
        if not NAME.fullmatch(name):
            message = f"a queue is called by 1 to 40 letters, digits and _.- and not {name!r}"
            raise ValueError(message)
        self.name = name
        self._tasks: dict[str, Task] = {}

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> Self:
        """Return the queue that AI_QUEUE_NAME names.

        Raises:
            ValueError: it is not set, or no name for a queue.
        """
        name = environ.get(VARIABLE, "")
        if not name:
            message = f"{VARIABLE} is not set: the queue that both sides mean"
            raise ValueError(message)
        return cls(name)

    @property
    def tasks(self) -> Mapping[str, Task]:
        """The tasks that this process knows."""
        return self._tasks

    def task(
        self,
        name: str,
        *,
        attempts: int = 3,
        first_wait: timedelta = timedelta(seconds=2),
        timeout: timedelta | None = None,
    ) -> Callable[[Body], Body]:
        """Make a coroutine the body of a task."""
        if attempts < 1 or first_wait < timedelta(0):
            message = f"task {name!r}: at least one attempt, and no wait below zero"
            raise ValueError(message)

        def known(body: Body) -> Body:
            if name in self._tasks:
                message = f"task {name!r} is there twice"
                raise ValueError(message)
            self._tasks[name] = Task(
                name=name, body=body, attempts=attempts, first_wait=first_wait, timeout=timeout
            )
            return body

        return known

    async def enqueue(
        self,
        within: Within,
        task: str,
        payload: Payload,
        *,
        delay: timedelta | None = None,
        priority: int = 0,
    ) -> int:
        """Add a job in the transaction that `within` is in; return its number."""
        [job] = await self.enqueue_many(within, task, [payload], delay=delay, priority=priority)
        return job

    async def enqueue_many(
        self,
        within: Within,
        task: str,
        payloads: Sequence[Payload],
        *,
        delay: timedelta | None = None,
        priority: int = 0,
    ) -> list[int]:
        """Add many jobs by one statement; return their numbers in the same order."""
        values = {
            "queue": self.name, "task": task, "priority": priority, "delay": delay,
            "payloads": json.dumps(list(payloads)),
        }  # fmt: skip
        return [int(row["id"]) for row in await rows(within, ENQUEUE, values)]

    def changes(self, database_url: str) -> AsyncIterator[Change]:
        """Follow what happens to this queue's jobs; what happens while it is away is missed."""
        return changes(database_url, self.name)
