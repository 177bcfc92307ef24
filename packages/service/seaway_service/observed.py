"""Gives each request its id, a log line and its counts, and turns what breaks into one shape."""

import logging
import re
import time
from collections.abc import Collection
from uuid import uuid4

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from seaway_service import problems
from seaway_service.logs import RequestContext, request_context
from seaway_service.metrics import Counts

log = logging.getLogger("seaway_service.access")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
MOST_IN_FLIGHT = 500
PROBES = frozenset({"/livez", "/readyz", "/healthz", "/metrics"})
CLIENT_GONE = 499


class Observed:
    """The outermost layer; answers even when all below it fail.

    Requests of probes, and of the paths in `quiet`, are answered however busy it is and not logged.
    """

    def __init__(self, app: ASGIApp, counts: Counts, quiet: Collection[str] = ()) -> None:
        self._app, self._counts = app, counts
        self._quiet = PROBES | set(quiet)
        self._in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        context = context_of(scope)
        token = request_context.set(context)
        try:
            if scope["type"] == "http":
                await self._counted(scope, receive, Watched(send, context.id))
            else:
                await self._app(scope, receive, send)
        finally:
            request_context.reset(token)

    async def _counted(self, scope: Scope, receive: Receive, send: "Watched") -> None:
        self._in_flight += 1
        try:
            with self._counts.in_flight.track_inprogress():
                await self._answered(scope, receive, send)
        finally:
            self._in_flight -= 1

    async def _answered(self, scope: Scope, receive: Receive, send: "Watched") -> None:
        began = time.perf_counter()
        try:
            if self._in_flight > MOST_IN_FLIGHT and scope["path"] not in self._quiet:
                await overloaded(scope, receive, send)
            else:
                await self._app(scope, receive, send)
        except ClientDisconnect:
            send.status = CLIENT_GONE
        except Exception:
            log.exception("request failed")
            if send.status:  # too late for an answer; the server cuts the connection
                raise
            await broken(scope, receive, send)
        finally:
            self._note(scope, send.status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        """Log and count the request; the operation is the handler's name, never the raw path."""
        operation = getattr(scope.get("endpoint"), "__name__", "unmatched")
        self._counts.requests.labels(operation, scope["method"], status).inc()
        self._counts.seconds.labels(operation).observe(seconds)
        if scope["path"] in self._quiet:
            return
        fields = {"method": scope["method"], "path": scope["path"], "status": status}
        log.info("request", extra=fields | {"ms": round(seconds * 1000, 1)})


class Watched:
    """Sends, adds headers to the answer and remembers its status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.status = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["x-request-id"] = self._request_id
            headers.setdefault("x-content-type-options", "nosniff")
            headers.setdefault("cache-control", "no-store")
        await self._send(message)


def context_of(scope: Scope) -> RequestContext:
    """Return what is known before the request is answered."""
    headers = Headers(scope=scope)
    given = headers.get("x-request-id", "")
    return RequestContext(
        id=given if REQUEST_ID.fullmatch(given) else uuid4().hex,
        ip=scope["client"][0] if scope["client"] else "",
        user_agent=headers.get("user-agent", "")[:200],
    )


async def overloaded(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse at once: a queue would only make everybody wait."""
    answer = problems.body("overloaded", "too many requests at once")
    await JSONResponse(answer, 503, {"Retry-After": "1"})(scope, receive, send)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    """Say that it is our fault, and nothing else."""
    answer = problems.body("internal", "something broke; the request id helps to find it")
    await JSONResponse(answer, 500)(scope, receive, send)
