"""Speaks HTTP with one other service; every wait has a limit, every failure is one of two."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpcore2
from prometheus_client import Histogram

from seaway_service.breaker import Breaker
from seaway_service.errors import UnavailableError

CONNECT_SECONDS = 2.0
FIRST_WAIT_SECONDS = 0.2
AGAIN = frozenset({502, 503, 504})
CALLS = Histogram(
    "service_calls_seconds", "Calls to other services, by how they ended.", ("part", "outcome")
)
FAILURES = (httpcore2.NetworkError, httpcore2.ProtocolError, httpcore2.TimeoutException)
JSON = "application/json"


class RefusedError(Exception):
    """The service understood the request and will not do it."""

    def __init__(self, part: str, status: int, message: str, code: str = "") -> None:
        super().__init__(f"{part}: {status}: {message}")
        self.status, self.message, self.code = status, message, code
        self.retry_after = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request; what is sure to be harmless a second time is `repeatable`."""

    method: str
    path: str
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    repeatable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """A whole answer; names of headers are in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """Return the object in the body; an empty one where there is none."""
        try:
            found = json.loads(self.body)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}


class Client:
    """One service, by its address; `part` is what people call it."""

    def __init__(self, part: str, url: str, patience: timedelta, retries: int = 0) -> None:
        self._part, self._url = part, url.rstrip("/")
        self._patience, self._retries = patience.total_seconds(), retries
        self._breaker = Breaker(part)
        self._pool = httpcore2.AsyncConnectionPool(
            max_connections=50, max_keepalive_connections=10, keepalive_expiry=20
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()

    async def ask(self, call: Call) -> Reply:
        """Return the answer, whatever its status; asks again where that is harmless.

        Raises:
            UnavailableError: there was none within the time.
        """
        began, outcome = time.perf_counter(), "unavailable"
        try:
            async with asyncio.timeout(self._patience):
                reply = await self._tried(call)
            outcome = f"{reply.status // 100}xx"
        except TimeoutError as error:
            raise UnavailableError(self._part) from error
        finally:
            CALLS.labels(self._part, outcome).observe(time.perf_counter() - began)
        return reply

    async def json(self, call: Call) -> dict[str, Any]:
        """Return the object that is answered.

        Raises:
            RefusedError: the answer is not a success.
            UnavailableError: there was none within the time.
        """
        reply = await self.ask(call)
        refuse(self._part, reply)
        return reply.json()

    @asynccontextmanager
    async def stream(self, call: Call) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open an answer that comes piece by piece; silent for as long as one's patience at most.

        Raises:
            RefusedError: the answer is not a success.
            UnavailableError: there is none, or it broke off.
        """
        try:
            async with self._breaker.guard(), self._asked(call) as response:
                if response.status >= 300:  # noqa: PLR2004
                    refuse(self._part, reply_of(response, await response.aread()))
                yield response.aiter_stream()
        except FAILURES as error:
            raise UnavailableError(self._part) from error

    async def _tried(self, call: Call) -> Reply:
        left = self._retries if call.repeatable else 0
        wait = FIRST_WAIT_SECONDS
        while True:
            try:
                reply = await self._once(call)
            except UnavailableError:
                if not left:
                    raise
            else:
                if reply.status not in AGAIN or not left:
                    return reply
            left -= 1
            await asyncio.sleep(wait)
            wait *= 2

    async def _once(self, call: Call) -> Reply:
        async with self._breaker.guard():
            try:
                async with self._asked(call) as response:
                    return reply_of(response, await response.aread())
            except FAILURES as error:
                raise UnavailableError(self._part) from error

    def _asked(self, call: Call) -> Any:  # noqa: ANN401 -- a context manager of httpcore2
        timeouts = {
            "connect": CONNECT_SECONDS, "read": self._patience, "write": self._patience,
            "pool": self._patience,
        }  # fmt: skip
        return self._pool.stream(
            call.method, self._url + call.path, headers=list(call.headers.items()),
            content=call.body, extensions={"timeout": timeouts},
        )  # fmt: skip


def reply_of(response: httpcore2.Response, body: bytes) -> Reply:
    """Return a whole answer."""
    headers = {name.decode("latin-1").lower(): value.decode("latin-1")
               for name, value in response.headers}  # fmt: skip
    return Reply(status=response.status, headers=headers, body=body)


def refuse(part: str, reply: Reply) -> None:
    """Raise for every answer that is not a success, with the words of the service."""
    if reply.status < 300:  # noqa: PLR2004
        return
    said = reply.json().get("error")
    said = said if isinstance(said, dict) else {}
    error = RefusedError(
        part, reply.status, str(said.get("message", "")), str(said.get("code", "") or "")
    )
    error.retry_after = reply.headers.get("retry-after", "")
    raise error


def packed(value: object) -> bytes:
    """Return the value as a JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
