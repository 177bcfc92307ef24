"""Gives each request its id, a log line and its counts, and turns what breaks into one shape."""

import logging
import re
import time
from uuid import uuid4

from fastapi.responses import JSONResponse
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nutrition import problems
from nutrition.logs import RequestContext, request_context
from nutrition.metrics import IN_FLIGHT, REQUESTS, SECONDS

log = logging.getLogger("nutrition.access")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
MOST_IN_FLIGHT = 500
NOT_LOGGED = frozenset({"/livez", "/readyz", "/healthz", "/metrics", "/health", "/health/ready"})
CLIENT_GONE = 499


class Observed:
    """The outermost layer; answers even when all below it fail."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
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
            with IN_FLIGHT.track_inprogress():
                await self._answered(scope, receive, send)
        finally:
            self._in_flight -= 1

    async def _answered(self, scope: Scope, receive: Receive, send: "Watched") -> None:
        began = time.perf_counter()
        try:
            if self._in_flight > MOST_IN_FLIGHT and scope["path"] not in NOT_LOGGED:
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
            note(scope, send.status, time.perf_counter() - began)


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


def note(scope: Scope, status: int, seconds: float) -> None:
    """Log and count the request; the operation is the handler's name, never the raw path."""
    operation = getattr(scope.get("endpoint"), "__name__", "unmatched")
    REQUESTS.labels(operation, scope["method"], status).inc()
    SECONDS.labels(operation).observe(seconds)
    if scope["path"] in NOT_LOGGED:
        return
    fields = {"method": scope["method"], "path": scope["path"], "status": status}
    log.info("request", extra=fields | {"ms": round(seconds * 1000, 1)})


async def overloaded(scope: Scope, receive: Receive, send: Send) -> None:
    """Refuse at once: a queue would only make everybody wait."""
    answer = problems.body("overloaded", "too many requests at once")
    await JSONResponse(answer, 503, {"Retry-After": "1"})(scope, receive, send)


async def broken(scope: Scope, receive: Receive, send: Send) -> None:
    """Say that it is our fault, and nothing else."""
    answer = problems.body("internal", "something broke; the request id helps to find it")
    await JSONResponse(answer, 500)(scope, receive, send)
