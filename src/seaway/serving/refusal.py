"""Refusals: every answer that is no success, in OpenAI's form."""

import math

import orjson

_TYPES = {
    400: "invalid_request_error", 401: "authentication_error", 403: "permission_error",
    404: "not_found_error", 413: "invalid_request_error", 422: "invalid_request_error",
    429: "rate_limit_error",
}  # fmt: skip
RETRYABLE = frozenset({408, 429, 500, 502, 503, 504, 529})


class Refusal(Exception):  # noqa: N818 -- an answer, not a defect
    """An answer with this status; `code` is what programs may go by."""

    def __init__(
        self, status: int, code: str, message: str, *, after: float = 0.0, body: bytes = b""
    ) -> None:
        super().__init__(message)
        self.status, self.code, self.after = status, code, after
        self._body = body

    @property
    def body(self) -> bytes:
        """As JSON: a provider's own words where it was the provider that refused."""
        return self._body or orjson.dumps({"error": self.error})

    @property
    def error(self) -> dict[str, object]:
        """Also sent inside of a stream that has begun."""
        return {
            "message": str(self), "type": _TYPES.get(self.status, "server_error"),
            "param": None, "code": self.code, "retryable": self.status in RETRYABLE,
        }  # fmt: skip

    @property
    def headers(self) -> bytes:
        """When to come again, where that is known."""
        if self.after <= 0:
            return b""
        whole = math.ceil(self.after)
        return b"retry-after: %d\r\nretry-after-ms: %d\r\n" % (whole, math.ceil(self.after * 1000))
