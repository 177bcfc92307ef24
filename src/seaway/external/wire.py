"""Wire: HTTP/1.1 for a handful of clients; requests and answers are whole."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, unquote

LARGEST_HEAD, LARGEST_BODY = 65_536, 1_000_000
"""Bytes."""
IDLE = 75.0
"""Seconds that a connection may be silent."""
_REASONS = {
    200: "OK", 204: "No Content", 302: "Found", 303: "See Other", 400: "Bad Request",
    401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 405: "Method Not Allowed",
    411: "Length Required", 413: "Content Too Large", 500: "Internal Server Error",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request, whole."""

    method: str
    target: str
    """Path and query as they were sent: signatures are over these."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names in small letters."""
    body: bytes = b""

    @property
    def path(self) -> str:
        """Decoded."""
        return unquote(self.target.partition("?")[0])

    @property
    def query(self) -> dict[str, str]:
        """Its parameters; the last of a name counts."""
        return dict(parse_qsl(self.target.partition("?")[2], keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """Parameters of the query, and of a body that is a form."""
        kind = self.headers.get("content-type", "")
        if "x-www-form-urlencoded" not in kind:
            return self.query
        body = self.body.decode("utf-8", "replace")
        return {**self.query, **dict(parse_qsl(body, keep_blank_values=True))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, whole."""

    status: int = 200
    body: bytes = b""
    kind: str = "application/json; charset=utf-8"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


Handler = Callable[[Request], Awaitable[Answer]]
Json = dict[str, Any]


def mapping(given: object) -> Json | None:
    """The same if it is an object of JSON, else None."""
    return cast("Json", given) if isinstance(given, dict) else None


def read_json(text: str | bytes) -> Json | None:
    """The object that is written there, if one is."""
    try:
        return mapping(json.loads(text))
    except ValueError:
        return None


class Unreadable(Exception):  # noqa: N818 -- said as it is
    """What came is no request that can be answered."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


async def converse(
    handler: Handler, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer one client until it leaves."""
    try:
        while request := await _read(reader):
            writer.write(_written(await handler(request)))
            await writer.drain()
            if request.headers.get("connection", "").lower() == "close":
                break
    except Unreadable as error:
        writer.write(_written(Answer(status=error.status, headers={"connection": "close"})))
    except (ConnectionError, TimeoutError):
        pass
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def _read(reader: asyncio.StreamReader) -> Request | None:
    """The next request; None when there is no more."""
    async with asyncio.timeout(IDLE):
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return None
        except asyncio.LimitOverrunError as error:
            raise Unreadable(400) from error
        first, *lines = head.decode("latin-1").split("\r\n")
        pairs = [line.partition(":") for line in lines if line]
        headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):  # noqa: PLR2004 -- method target version
            raise Unreadable(400)
        if "transfer-encoding" in headers:
            raise Unreadable(411)
        body = await _body(reader, headers.get("content-length", "0"))
    return Request(method=words[0], target=words[1], headers=headers, body=body)


async def _body(reader: asyncio.StreamReader, length: str) -> bytes:
    if not (length.isascii() and length.isdecimal()):
        raise Unreadable(400)
    if int(length[:12]) > LARGEST_BODY:
        raise Unreadable(413)
    try:
        return await reader.readexactly(int(length))
    except asyncio.IncompleteReadError as error:
        raise ConnectionResetError from error


def _written(answer: Answer) -> bytes:
    lines = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Status')}"]
    if answer.body:
        lines.append(f"content-type: {answer.kind}")
    if answer.status != 204:  # noqa: PLR2004 -- which has no body, and says no length (RFC 9110, 8.6)
        lines.append(f"content-length: {len(answer.body)}")
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join((*lines, "", "")).encode("latin-1") + answer.body
