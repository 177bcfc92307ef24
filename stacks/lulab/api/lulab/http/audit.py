"""Shows the audit log to admins."""

from collections.abc import Mapping, Sequence
from typing import Annotated
from uuid import UUID

from fastapi import Query
from seaway_service.bodies import Answer, Moment
from seaway_service.routes import router_of

from lulab.http.identity import Admin
from lulab.parts import Known

router = router_of("audit")


class Entry(Answer):
    """Who did what."""

    at: Moment
    user_id: UUID | None
    ip: str
    user_agent: str
    request_id: str
    action: str
    subject: Mapping[str, object]


class Page(Answer):
    """The newest entries."""

    entries: Sequence[Entry]


@router.get("/audit")
async def audit(
    known: Known,
    _identity: Admin,
    request: Annotated[str, Query(max_length=64, alias="requestId")] = "",
) -> Page:
    """List the newest entries, or those of one request."""
    found = await known.audit.page(request)
    return Page(
        entries=[
            Entry(at=each.at, user_id=each.user_id, ip=each.ip, user_agent=each.user_agent,
                  request_id=each.request_id, action=each.action, subject=each.subject)
            for each in found
        ]
    )  # fmt: skip
