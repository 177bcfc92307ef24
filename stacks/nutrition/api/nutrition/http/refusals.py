"""Passes on what the services behind the API refuse."""

from seaway_service.client import RefusedError
from seaway_service.problems import Problem

PASSED_ON = {413: "too_large", 415: "not_a_picture", 422: "unusable", 503: "overloaded"}


def refused_by_service(error: RefusedError) -> Problem:
    """Return what a service says of the caller's request; all else is our own fault."""
    headers = {"Retry-After": error.retry_after} if error.retry_after else {}
    if error.status in PASSED_ON:
        return Problem(error.status, PASSED_ON[error.status], error.message, headers)
    return Problem(502, "service_failed", "a service this needs has failed", {"Retry-After": "2"})
