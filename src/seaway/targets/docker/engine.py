"""Engine: asks the Docker engine of this machine, over its socket (Engine API 1.41)."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NewType, Self, cast
from urllib.parse import quote, urlencode

from seaway.errors import SeawayError, StepFailed
from seaway.model.json import Json
from seaway.targets.docker.reading import text

SOCKET = "/var/run/docker.sock"
VERSION = "/v1.41"
"""Docker 20.10, the oldest that Debian and Ubuntu still carry."""
LIMIT = 60.0
"""Seconds for an answer, where the caller says nothing else."""
LONGEST_LINE = 1 << 20
"""Bytes of a head's line, or of an event."""
GOOD = 400
BODILESS = frozenset({204, 304})
"""Answers without a body, and without a word that there is none (RFC 9110)."""

Id = NewType("Id", str)
"""Of a container, network or image, as the engine gives it."""


class Refused(SeawayError):  # noqa: N818 -- it says what happened
    """The engine answered that it will not."""

    def __init__(self, status_code: int, problem: str) -> None:
        super().__init__("SW231", problem=problem)
        self.status_code = status_code

    @property
    def missing(self) -> bool:
        """Whether what was asked for is not there."""
        return self.status_code == 404  # noqa: PLR2004 -- RFC 9110

    @property
    def there_already(self) -> bool:
        """Whether it is so already, or somebody is at it."""
        return self.status_code in {304, 409}


@dataclass(slots=True)
class _Answer:
    reader: asyncio.StreamReader
    status: int
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes."""
        if self.status in BODILESS:
            return
        if self.headers.get("transfer-encoding") == "chunked":
            while size := int((await self.reader.readline()).partition(b";")[0] or b"0", 16):
                yield await self.reader.readexactly(size)
                await self.reader.readline()
            return
        left = int(self.headers.get("content-length", "-1"))
        while left and (more := await self.reader.read(min(left, 65536) if left > 0 else 65536)):
            left -= len(more) if left > 0 else 0
            yield more

    async def body(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])


class Engine:
    """One engine. Each question is a connection of its own: nothing is kept open."""

    def __init__(self, socket: str = SOCKET, login: str = "") -> None:
        """`login` is shown to registries in every question; the engine keeps nothing of it."""
        self.socket = socket
        self._more = {"x-registry-auth": login} if login else dict[str, str]()

    def with_login(self, login: str) -> Self:
        """The same engine, asked by somebody whom a registry knows."""
        return type(self)(self.socket, login)

    async def call(
        self, method: str, path: str, *, query: Mapping[str, Json] | None = None,
        body: Json = None, limit: float = LIMIT,
    ) -> Json:  # fmt: skip
        """What it answers, as JSON; None where it says nothing.

        Raises:
            Refused: it will not.
            StepFailed: SW230, it does not answer.
        """
        try:
            async with asyncio.timeout(limit):
                async with self._asked(method, path, query, _json(body)) as answer:
                    told = await answer.body()
        except TimeoutError as error:
            raise StepFailed("SW230", socket=self.socket, problem=f"{limit:g} s") from error
        return cast("Json", json.loads(told)) if told.strip() else None

    async def stream(
        self, method: str, path: str, *, query: Mapping[str, Json] | None = None,
        body: Json | AsyncIterator[bytes] = None, kind: str = "application/json",
    ) -> AsyncGenerator[bytes]:  # fmt: skip
        """Its answer piece by piece, for as long as there are any. `body` may be sent so, too.

        Raises:
            Refused: it will not.
            StepFailed: SW230, it does not answer.
        """
        sent = body if isinstance(body, AsyncIterator) else _json(body)
        async with self._asked(method, path, query, sent, kind) as answer:
            async for piece in answer.pieces():
                yield piece

    @asynccontextmanager
    async def upgraded(
        self, path: str, body: Json
    ) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A connection that speaks for itself from here on: what a command reads and writes."""
        reader, writer = await self._connected()
        try:
            data = _json(body)
            head = {
                "connection": "Upgrade", "upgrade": "tcp", "content-type": "application/json",
                "content-length": str(len(data)),
            }  # fmt: skip
            writer.write(_head(f"POST {VERSION}{path}", head) + data)
            await writer.drain()
            answer = await _answered(reader)
            if answer.status >= GOOD:
                raise Refused(answer.status, _problem(await answer.body()))
            yield reader, writer
        finally:
            writer.close()

    @asynccontextmanager
    async def _asked(
        self, method: str, path: str, query: Mapping[str, Json] | None,
        body: bytes | AsyncIterator[bytes], kind: str = "application/json",
    ) -> AsyncGenerator[_Answer]:  # fmt: skip
        reader, writer = await self._connected()
        try:
            head = {"content-type": kind, **self._more}
            await _send(writer, f"{method} {VERSION}{_target(path, query)}", body, head)
            answer = await _answered(reader)
            if answer.status >= GOOD:
                raise Refused(answer.status, _problem(await answer.body()))
            yield answer
        except (OSError, EOFError, ValueError) as error:
            raise StepFailed("SW230", socket=self.socket, problem=str(error)) from error
        finally:
            writer.close()

    async def _connected(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_unix_connection(self.socket, limit=LONGEST_LINE)
        except OSError as error:
            problem = error.strerror or str(error)
            raise StepFailed("SW230", socket=self.socket, problem=problem) from error


async def _send(
    writer: asyncio.StreamWriter, what: str, body: bytes | AsyncIterator[bytes],
    headers: Mapping[str, str],
) -> None:  # fmt: skip
    if isinstance(body, bytes):
        writer.write(_head(what, {"content-length": str(len(body)), **headers}) + body)
        await writer.drain()
        return
    writer.write(_head(what, {"transfer-encoding": "chunked", **headers}))
    with contextlib.suppress(ConnectionError):  # it may have refused meanwhile, and says why
        async for piece in body:
            if piece:
                writer.write(b"%x\r\n%s\r\n" % (len(piece), piece))
                await writer.drain()
        writer.write(b"0\r\n\r\n")
        await writer.drain()


async def _answered(reader: asyncio.StreamReader) -> _Answer:
    """Status and headers; the body is still to be read."""
    first = (await reader.readline()).split()
    if len(first) < 2:  # noqa: PLR2004 -- RFC 9112
        raise EOFError("it closed the connection")
    headers: dict[str, str] = {}
    while line := (await reader.readline()).strip():
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.lower()] = value.strip()
    return _Answer(reader, int(first[1]), headers)


def _target(path: str, query: Mapping[str, Json] | None) -> str:
    """With its questions; what is no text is JSON, as the engine wants it."""
    if not query:
        return path
    words = {
        name: each if isinstance(each, str) else json.dumps(each) for name, each in query.items()
    }
    return f"{path}?{urlencode(words, quote_via=quote)}"


def _head(what: str, headers: Mapping[str, str]) -> bytes:
    more = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"{what} HTTP/1.1\r\nhost: docker\r\n{more}\r\n".encode()


def _json(body: object) -> bytes:
    return b"" if body is None else json.dumps(body).encode()


def _problem(body: bytes) -> str:
    """What it says is wrong."""
    try:
        told = cast("Json", json.loads(body))
    except ValueError:
        return body.decode(errors="replace").strip()
    return text(told, "message") or str(told)
