"""Gives every refusal its code and status; all go out in one JSON shape."""

from contextvars import ContextVar

import msgspec
from starlette.requests import Request
from starlette.responses import Response

request_id: ContextVar[str] = ContextVar("request_id", default="")


class Problem(Exception):  # noqa: N818 -- it is an answer
    """A refusal that the caller can act on."""

    def __init__(self, status: int, code: str, message: str, retry_after: int = 0) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.retry_after = status, code, message, retry_after


def unauthenticated() -> Problem:
    """The request does not prove who is asking."""
    return Problem(401, "unauthenticated", "send a valid bearer token")


def too_many(seconds: int) -> Problem:
    """One user asks too often."""
    return Problem(429, "too_many_requests", f"try again in {seconds} s", seconds)


def body(code: str, message: str) -> bytes:
    """The one JSON shape of errors."""
    said = {"code": code, "message": message, "requestId": request_id.get()}
    return msgspec.json.encode({"error": said})


def answer(problem: Problem) -> Response:
    """A refusal as a response."""
    headers = {"retry-after": str(problem.retry_after)} if problem.retry_after else {}
    if problem.status == 401:
        headers["www-authenticate"] = "Bearer"
    return Response(
        body(problem.code, problem.message), problem.status, headers, "application/json"
    )


async def refused(_request: Request, error: Exception) -> Response:
    """For the framework: what was raised becomes an answer."""
    if not isinstance(error, Problem):  # pragma: no cover -- registered for problems only
        raise error
    return answer(error)


async def unknown(_request: Request, error: Exception) -> Response:
    """For paths and methods that are not there."""
    status = getattr(error, "status_code", 404)
    code = {404: "not_found", 405: "method_not_allowed"}.get(status, "refused")
    return answer(Problem(status, code, str(getattr(error, "detail", error))))
