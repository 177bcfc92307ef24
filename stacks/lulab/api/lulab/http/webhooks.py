"""Hears what the meeting service tells; nothing is believed that it has not signed."""

import json
import logging

from fastapi import Request
from fastapi.responses import PlainTextResponse
from seaway_service.bodies import bounded
from seaway_service.logs import current_request
from seaway_service.problems import Problem
from seaway_service.routes import router_of

from lulab.clients.meeting import FRESH_SECONDS, ForgedError, Signed, decoded, finished
from lulab.metrics import EVENTS
from lulab.parts import Known, Parts

TAKEN = "successfully received callback"
"""What the meeting service wants to hear; all else makes it tell again."""

log = logging.getLogger(__name__)
router = router_of("webhooks", "/webhooks")


@router.get("/tencent-meeting", response_class=PlainTextResponse)
async def prove(known: Known, request: Request, check_str: str) -> PlainTextResponse:
    """Prove that this address is ours: say what they have encoded and signed."""
    ready(known)
    known.meeting.check(Signed.of(request.headers), check_str)
    return PlainTextResponse(decoded(check_str))


@router.post("/tencent-meeting", response_class=PlainTextResponse)
async def hear(known: Known, request: Request) -> PlainTextResponse:
    """Take an event in; it may come again and again, and at once."""
    ready(known)
    data = data_in(await bounded(request))
    signed = Signed.of(request.headers)
    try:
        known.meeting.check(signed, data)
        await use(known, signed)
        told = finished(decoded(data))
    except ForgedError as error:
        EVENTS.labels("forged").inc()
        log.warning("an event is not believed", extra={"why": str(error)})
        raise
    if told is None:
        EVENTS.labels("other").inc()
        return PlainTextResponse(TAKEN)
    new = await known.meetings.finished(told, current_request().id)
    EVENTS.labels("new" if new else "known").inc()
    log.info("recording announced", extra={"meeting": told.number, "new": new})
    return PlainTextResponse(TAKEN)


async def use(known: Parts, signed: Signed) -> None:
    """Take a signature as good, once.

    Raises:
        ForgedError: it was used before.
    """
    if not await known.seen.first(signed.signature, 2 * FRESH_SECONDS):
        raise ForgedError("the signature was used before")


def ready(known: Parts) -> None:
    """Return if the meeting service is switched on here.

    Raises:
        Problem: it is not: keys are missing.
    """
    if not known.settings.integrations["meeting"]:
        raise Problem(404, "not_found", "the meeting service is not switched on here")


def data_in(body: bytes) -> str:
    """Return what is signed.

    Raises:
        ForgedError: it is not of the form of their events.
    """
    try:
        return str(json.loads(body)["data"])
    except (ValueError, KeyError, TypeError) as error:
        raise ForgedError("it is not of the form of their events") from error
