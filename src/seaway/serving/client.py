"""Client: asks another program of the stack over HTTP, on connections that are kept."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools

LARGEST = 64 * 2**20
"""Bytes of an answer."""


class CallFailed(Exception):  # noqa: N818 -- said as it is
    """No answer came, or none that could be read."""


@dataclass(frozen=True, slots=True)
class Told:
    """An answer."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    """Names in small letters."""


class Client:
    """For one address, `http://host:port/base`; as many connections as there are calls at once."""

    def __init__(self, base: str, key: str = "") -> None:
        place = urlsplit(base)
        if place.scheme != "http" or not place.hostname:
            raise ValueError(f"not an http address: {base}")
        self._host, self._port = place.hostname, place.port or 80
        self._path = place.path.rstrip("/")
        who = f"authorization: Bearer {key}\r\n" if key else ""
        self._head = f"host: {place.netloc}\r\n{who}"
        self._idle: list[_Line] = []

    async def post(self, path: str, body: bytes, limit: float) -> Told:
        """The answer to this JSON. A connection that turns out to be closed is tried once anew.

        Raises:
            CallFailed: there is none within `limit` seconds.
        """
        length = f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
        data = f"POST {self._path}{path} HTTP/1.1\r\n{self._head}{length}".encode() + body
        try:
            async with asyncio.timeout(limit):
                while self._idle:
                    with suppress(_Stale):
                        return await self._ask(self._idle.pop(), data)
                return await self._ask(await self._line(), data)
        except (OSError, TimeoutError, _Stale) as error:
            why = str(error) or "no answer in time"
            raise CallFailed(f"{self._host}:{self._port}: {why}") from error

    async def _line(self) -> "_Line":
        loop = asyncio.get_running_loop()
        _, line = await loop.create_connection(_Line, self._host, self._port)
        return line

    async def _ask(self, line: "_Line", data: bytes) -> Told:
        try:
            told = await line.ask(data)
        except BaseException:
            line.close()
            raise
        if line.good:
            self._idle.append(line)
        return told

    def close(self) -> None:
        """Let go of all connections."""
        for each in self._idle:
            each.close()
        self._idle.clear()


class _Stale(Exception):  # noqa: N818 -- said as it is
    """The connection was closed before an answer began."""


class _Line(asyncio.Protocol):
    """One connection; one call at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._begin()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._answer: asyncio.Future[Told] | None = None
        self._chunks: list[bytes] = []
        self._size, self._begun = 0, False
        self._headers: dict[str, str] = {}

    @property
    def good(self) -> bool:
        """Whether it can be used again."""
        return self._transport is not None and not self._transport.is_closing()

    async def ask(self, data: bytes) -> Told:
        """Send and wait.

        Raises:
            _Stale: it is closed, and nothing came.
            ConnectionError: it broke in the middle.
        """
        if not self.good or self._transport is None:
            raise _Stale
        self._begin()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(data)
        return await self._answer

    def close(self) -> None:
        if self._transport:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]  # uvloop's is one by its methods

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._fail(
            ConnectionResetError("the connection broke")
            if self._begun
            else _Stale(str(exc or "closed"))
        )

    def data_received(self, data: bytes) -> None:
        self._begun = True
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            self._fail(ConnectionError(f"not HTTP: {error}"))
            self.close()

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, data: bytes) -> None:
        self._size += len(data)
        self._chunks.append(data)
        if self._size > LARGEST:
            self._fail(ConnectionError("the answer is too large"))
            self.close()

    def on_message_complete(self) -> None:
        told = Told(self._parser.get_status_code(), b"".join(self._chunks), self._headers)
        if not self._parser.should_keep_alive():
            self.close()
        if self._answer and not self._answer.done():
            self._answer.set_result(told)

    def _fail(self, error: Exception) -> None:
        if self._answer and not self._answer.done():
            self._answer.set_exception(error)
