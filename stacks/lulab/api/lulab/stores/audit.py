"""Keeps the audit log: who did what, from where, in which request; as rows, and as log lines."""

import logging
from collections.abc import Sequence
from uuid import UUID

from seaway_service.database import Database
from seaway_service.logs import current_request
from sqlalchemy import desc, select

from lulab.stores.models import AuditEntry

log = logging.getLogger(__name__)

MOST = 200
WORDS = {
    "login": "User login",
    "logout": "User logout",
    "user.added": "User added",
    "recording.read": "Recording downloaded",
}
"""What the lines say; the first is the document's own."""


class Audit:
    """Entries are only ever added."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, action: str, user: UUID | None, **subject: object) -> None:
        """Add an entry about the request being answered."""
        request = current_request()
        entry = AuditEntry(
            user_id=user, ip=request.ip, user_agent=request.user_agent, request_id=request.id,
            action=action, subject=subject,
        )  # fmt: skip
        async with self._database.transaction() as session:
            session.add(entry)
        log.info(WORDS[action], extra={"kind": "audit", "action": action, **subject})

    async def page(self, request: str = "") -> Sequence[AuditEntry]:
        """Return the newest entries, or those of one request."""
        asked = select(AuditEntry).order_by(desc(AuditEntry.id)).limit(MOST)
        if request:
            asked = asked.where(AuditEntry.request_id == request)
        async with self._database.transaction() as session:
            return (await session.scalars(asked)).all()
