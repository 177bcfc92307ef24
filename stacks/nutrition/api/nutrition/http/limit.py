"""Refuses whoever asks too often: 100 requests in 60 seconds for each user or address (R44)."""

from collections.abc import Mapping

from fastapi.responses import JSONResponse
from seaway_service import problems
from seaway_service.errors import UnavailableError
from seaway_service.logs import current_request
from seaway_service.tokens import Audience, BadTokenError
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nutrition.metrics import LIMITED
from nutrition.parts import Parts

COUNTED = ("/api/", "/ai/")
NOT_COUNTED = ("/api/payments/",)
"""What payment services send is signed, and all of it comes from one address."""


class Limited:
    """Counts before anything else is done; the same for the API and for what is AI."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not counted(scope["path"]) or scope["method"] == "OPTIONS":
            await self._app(scope, receive, send)
            return
        parts: Parts = scope["app"].state.parts
        try:
            taken = await parts.quota.take(subject(parts, Headers(scope=scope)))
        except UnavailableError as error:
            refusal = problems.unavailable(error.part)
            await answered(refusal, {})(scope, receive, send)
            return
        told = {
            "x-ratelimit-limit": str(parts.quota.limit),
            "x-ratelimit-remaining": str(taken.left),
        }
        if not taken.allowed:
            LIMITED.inc()
            await answered(problems.too_many(taken.wait), told)(scope, receive, send)
            return

        async def send_with(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(told)
            await send(message)

        await self._app(scope, receive, send_with)


def counted(path: str) -> bool:
    """Tell whether requests of the path are limited."""
    return path.startswith(COUNTED) and not path.startswith(NOT_COUNTED)


def subject(parts: Parts, headers: Headers) -> str:
    """Return who asks: a user, wherever they are, else the address.

    A token that was withdrawn still names its user; that it opens nothing is found out later.
    """
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        try:
            return f"user {parts.access.tokens.identity(token, Audience.API).user_id}"
        except BadTokenError:
            pass
    return f"address {current_request().ip}"


def answered(problem: problems.Problem, told: Mapping[str, str]) -> JSONResponse:
    """Return a refusal as a response."""
    headers = {**(problem.headers or {}), **told}
    return JSONResponse(problem.shown(), problem.status_code, headers)
