"""Follows what happens in the queue and tells the pages of whoever owns the job."""

import logging
from uuid import UUID

from seaway_jobs import Change
from seaway_service.errors import UnavailableError

from aixsss.parts import Parts
from aixsss.stores.job import STATES

log = logging.getLogger(__name__)

REMEMBERED = 1000


async def follow(parts: Parts) -> None:
    """Pass changes on until cancelled. Every replica hears all of them, so none is sent on."""
    owners = Owners(parts)
    async for change in parts.queue.changes(parts.settings.DATABASE_URL):
        if not parts.events.anybody:
            continue
        try:
            owner = await owners.of(change)
        except UnavailableError as error:
            log.warning("a change was not told", extra={"why": str(error)})
            continue
        if owner is not None:
            user_id, job_id = owner
            told = {"id": job_id, "percent": change.percent, "attempt": change.attempt}
            parts.events.deal(user_id, "job.changed", {**told, "state": STATES[change.state]})


class Owners:
    """Remembers whose the jobs are that are talked about now."""

    def __init__(self, parts: Parts) -> None:
        self._jobs = parts.jobs
        self._known: dict[int, tuple[UUID, str]] = {}

    async def of(self, change: Change) -> tuple[UUID, str] | None:
        """Return the owner of the job and its id; None if it is no job of ours."""
        if change.job not in self._known:
            found = await self._jobs.owner_of(change.job)
            if found is None:
                return None
            if len(self._known) >= REMEMBERED:
                self._known.clear()
            self._known[change.job] = found[0], str(found[1])
        return self._known[change.job]
