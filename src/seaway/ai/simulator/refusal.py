"""Refusal: errors in the words and shape of OpenAI's API."""

import orjson


class Refusal(Exception):  # noqa: N818 -- an answer, not a defect
    """An answer with a status other than 200."""

    def __init__(self, status: int, message: str, code: str = "", param: str = "") -> None:
        super().__init__(message)
        self.status, self.code, self.param = status, code, param

    @property
    def body(self) -> bytes:
        """The answer, as JSON."""
        return orjson.dumps(
            {"error": {
                "message": str(self), "type": _kind(self.status, self.code),
                "param": self.param or None, "code": self.code or None,
            }}
        )  # fmt: skip


def _kind(status: int, code: str) -> str:
    if code == "content_filter":
        return "content_filter"
    known = {401: "authentication_error", 403: "permission_error", 404: "not_found_error",
             429: "rate_limit_error"}  # fmt: skip
    return known.get(status) or ("server_error" if status >= 500 else "invalid_request_error")  # noqa: PLR2004 -- HTTP's own border


CONTEXT = "context_length_exceeded"
FILTER = "content_filter"
KEY = "invalid_api_key"


def too_long(tokens: int, most: int) -> Refusal:
    """The prompt has more tokens than the model takes."""
    message = (
        f"This model's maximum context length is {most} tokens. However, your messages resulted"
        f" in {tokens} tokens. Please reduce the length of the messages."
    )
    return Refusal(400, message, CONTEXT, "messages")


def filtered() -> Refusal:
    """The content filter does not let it through."""
    return Refusal(400, "The request was refused by the content filter.", FILTER, "prompt")
