"""Gives every refusal its code, status and words; all go out in one JSON shape."""

import logging
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from seaway_service.errors import NotThereError, UnavailableError
from seaway_service.logs import current_request

log = logging.getLogger(__name__)


class Problem(HTTPException):
    """A refusal the caller can act on."""

    def __init__(
        self, status: int, code: str, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, message, dict(headers or {}))
        self.code = code

    def shown(self) -> dict[str, dict[str, str]]:
        """Return it in the one JSON shape of errors."""
        return body(self.code, self.detail)


def invalid(message: str, *, code: str = "invalid") -> Problem:
    """Refuse a request that is malformed."""
    return Problem(400, code, message)


def unauthenticated(message: str = "log in first") -> Problem:
    """Refuse a request that does not prove who is asking."""
    return Problem(401, "unauthenticated", message, {"WWW-Authenticate": "Bearer"})


def not_found(what: str) -> Problem:
    """Refuse alike what does not exist and what belongs to somebody else."""
    return Problem(404, "not_found", f"there is no such {what}")


def conflict(code: str, message: str) -> Problem:
    """Refuse what the state of the thing does not allow."""
    return Problem(409, code, message)


def too_many(seconds: int) -> Problem:
    """Refuse for a while; units: whole seconds."""
    return Problem(
        429, "too_many_requests", f"try again in {seconds} s", {"Retry-After": str(seconds)}
    )


def unavailable(part: str) -> Problem:
    """Say that a part the request needs does not answer."""
    return Problem(503, "unavailable", f"{part} does not answer", {"Retry-After": "2"})


STATUS_CODES = {
    400: "invalid",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}


class Said(BaseModel):
    """What went wrong."""

    code: str
    message: str
    requestId: str  # noqa: N815 -- the name in JSON


class Refusal(BaseModel):
    """The one JSON shape of errors, for the OpenAPI document."""

    error: Said


def body(code: str, message: str) -> dict[str, dict[str, str]]:
    """Return the one JSON shape of errors."""
    return {"error": {"code": code, "message": message, "requestId": current_request().id}}


def malformed(place: Sequence[int | str], message: str) -> Problem:
    """Refuse what pydantic found fault with, in its words or in those of our own checks."""
    name = ".".join(str(part) for part in place)
    why = message.removeprefix("Value error, ")
    return invalid(f"{name}: {why}" if name else why)


async def refused(request: Request, error: Exception) -> JSONResponse:
    """Turn what FastAPI refused by itself into a response: a parameter in the path."""
    if not isinstance(error, RequestValidationError):  # pragma: no cover
        raise error
    first = error.errors()[0]
    # the place begins with "path", a word the caller did not write
    return await answer(request, malformed(first["loc"][1:], first["msg"]))


async def answer(_request: Request, error: Exception) -> JSONResponse:
    """Turn a refusal, ours or the framework's, into a response."""
    if not isinstance(error, HTTPException):  # pragma: no cover
        raise error
    code = getattr(error, "code", STATUS_CODES.get(error.status_code, "refused"))
    return JSONResponse(body(code, error.detail), error.status_code, headers=error.headers)


async def store_away(request: Request, error: Exception) -> JSONResponse:
    """Say which part does not answer; the log tells why."""
    part = error.part if isinstance(error, UnavailableError) else "a part"
    log.warning(
        "a part does not answer", extra={"part": part, "why": str(error.__cause__ or error)}
    )
    return await answer(request, unavailable(part))


async def bytes_missing(request: Request, _error: Exception) -> JSONResponse:
    """Say that it is gone."""
    return await answer(request, not_found("file"))


HANDLERS: Mapping[
    int | type[Exception], Callable[[Request, Any], Coroutine[Any, Any, Response]]
] = {
    HTTPException: answer,
    RequestValidationError: refused,
    UnavailableError: store_away,
    NotThereError: bytes_missing,
}
"""What an application answers with, whatever is raised."""
