"""HTTP for journeys: one request, one connection, every failure told."""

import asyncio
import contextlib
import hashlib
import json
import ssl
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Mapping
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TypeAlias
from urllib.parse import SplitResult, urlsplit

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"
LONGEST_LINE = 1 << 20
"""Bytes."""
PIECE = 1 << 16
"""Bytes read at once."""
PATIENCE = 30.0
"""Seconds for a whole answer, or for the head of a stream."""


class NoAnswer(OSError):  # noqa: N818 -- a name says what happened
    """The server could not be reached, or broke off in the middle of an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An answer of a server; of any status."""

    status: int
    headers: Mapping[str, str]
    """By name in small letters; several of one name are joined by a comma."""
    body: bytes = b""

    @property
    def text(self) -> str:
        """The body as UTF-8."""
        return self.body.decode(errors="replace")

    def json(self) -> Json:
        """The body as JSON; raises ValueError where it is not."""
        value: Json = json.loads(self.body)
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """An answer whose body is still coming."""

    status: int
    headers: Mapping[str, str]
    chunks: AsyncIterator[bytes]

    async def lines(self) -> AsyncIterator[str]:
        """Line by line, without line ends; a silence as long as the reader can bear."""
        rest = b""
        async for chunk in self.chunks:
            *whole, rest = (rest + chunk).split(b"\n")
            for line in whole:
                yield line.decode(errors="replace").rstrip("\r")


@dataclass(slots=True)
class Http:
    """A client of one address. It keeps cookies, follows no redirects, and trusts `trust`."""

    address: str
    trust: ssl.SSLContext | None = None
    headers: dict[str, str] = field(default_factory=dict[str, str])
    """Sent with every request."""
    cookies: dict[str, str] = field(default_factory=dict[str, str])

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Raises NoAnswer."""
        return await self.request("GET", path, headers=headers)

    async def post(
        self, path: str, json: Json = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises NoAnswer."""
        return await self.request("POST", path, _packed(json), _typed(headers, json))

    async def put(
        self, path: str, json: Json = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Raises NoAnswer."""
        return await self.request("PUT", path, _packed(json), _typed(headers, json))

    async def delete(self, path: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Raises NoAnswer."""
        return await self.request("DELETE", path, headers=headers)

    async def request(
        self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None
    ) -> Answer:
        """The whole answer.

        Raises:
            NoAnswer: there was none within half a minute, or only a part of one.
        """
        with _told(f"{method} {path}"):
            async with (
                asyncio.timeout(PATIENCE),
                self._asked(method, path, body, headers) as coming,
            ):
                whole = b"".join([chunk async for chunk in coming.chunks])
                return Answer(status=coming.status, headers=coming.headers, body=whole)

    @contextlib.asynccontextmanager
    async def stream(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, json: Json = None
    ) -> AsyncGenerator[Stream]:
        """An answer while it comes; raises NoAnswer."""
        async with self._asked(method, path, _packed(json), _typed(headers, json)) as coming:
            yield coming

    async def fingerprint(self, host: str) -> str:
        """SHA-256, in hex, of the certificate that this address shows for a host; raises NoAnswer.

        Whoever signed it: `seaway status` tells by its fingerprint which it should be.
        """
        with _told(f"TLS for {host}"):
            async with asyncio.timeout(PATIENCE):
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                at = urlsplit(self.address)
                async with _connected(at, context, host) as (_, writer):
                    shown: ssl.SSLObject = writer.get_extra_info("ssl_object")
                    return hashlib.sha256(shown.getpeercert(binary_form=True) or b"").hexdigest()

    @contextlib.asynccontextmanager
    async def _asked(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str] | None
    ) -> AsyncGenerator[Stream]:
        what = f"{method} {path}"
        async with contextlib.AsyncExitStack() as open_:
            with _told(what):
                async with asyncio.timeout(PATIENCE):
                    connection = _connected(urlsplit(self.address), self.trust)
                    reader, writer = await open_.enter_async_context(connection)
                    writer.write(self._head(method, path, body, headers or {}) + body)
                    await writer.drain()
                    status, found, cookies = await _head_of(reader)
            self.cookies |= cookies
            empty = method == "HEAD" or status in {204, 304}
            chunks = _body(reader, {"content-length": "0"} if empty else found, what)
            yield Stream(status=status, headers=found, chunks=chunks)

    def _head(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> bytes:
        at = urlsplit(self.address)
        fields = {"Host": at.netloc, "User-Agent": "seaway-journey", "Connection": "close"}
        if self.cookies:
            fields["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body or method in {"POST", "PUT", "PATCH"}:
            fields["Content-Length"] = str(len(body))
        fields |= {**self.headers, **headers}
        lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {text}" for name, text in fields.items())]
        return ("\r\n".join(lines) + "\r\n\r\n").encode()


def _packed(value: Json) -> bytes:
    return b"" if value is None else json.dumps(value).encode()


def _typed(headers: Mapping[str, str] | None, value: Json) -> Mapping[str, str]:
    return {**({} if value is None else {"Content-Type": "application/json"}), **(headers or {})}


@contextlib.asynccontextmanager
async def _connected(
    at: SplitResult, trust: ssl.SSLContext | None, name: str = ""
) -> AsyncGenerator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    secure = at.scheme == "https"
    reader, writer = await asyncio.open_connection(
        at.hostname, at.port or (443 if secure else 80), limit=LONGEST_LINE,
        ssl=(trust or ssl.create_default_context()) if secure else None,
        server_hostname=(name or at.hostname) if secure else None,
    )  # fmt: skip
    try:
        yield reader, writer
    finally:
        writer.close()
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(1):
                await writer.wait_closed()


async def _head_of(
    reader: asyncio.StreamReader,
) -> tuple[int, dict[str, str], dict[str, str]]:
    first = await reader.readuntil(b"\r\n")
    version, _, rest = first.decode("latin-1").partition(" ")
    if not version.startswith("HTTP/1.") or not rest[:3].isdigit():
        raise ValueError("answered something that is not HTTP")
    headers: dict[str, str] = {}
    cookies: dict[str, str] = {}
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        name, _, text = line.decode("latin-1").partition(":")
        name, text = name.strip().lower(), text.strip()
        if name == "set-cookie":
            cookies |= {each.key: each.value for each in SimpleCookie(text).values()}
        headers[name] = f"{headers[name]}, {text}" if name in headers else text
    return int(rest[:3]), headers, cookies


async def _body(
    reader: asyncio.StreamReader, headers: Mapping[str, str], what: str
) -> AsyncIterator[bytes]:
    if "chunked" in headers.get("transfer-encoding", "").lower():
        while chunk := await _chunk(reader, what):
            yield chunk
        return
    left = int(headers["content-length"]) if "content-length" in headers else -1
    while left and (chunk := await _piece(reader, left, what)):
        left -= len(chunk) if left > 0 else 0
        yield chunk
    if left > 0:
        raise NoAnswer(f"{what}: the answer broke off {left} bytes before its end")


async def _chunk(reader: asyncio.StreamReader, what: str) -> bytes:
    with _told(what):
        size = int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16)
        chunk = await reader.readexactly(size)
        await reader.readexactly(2)
        return chunk


async def _piece(reader: asyncio.StreamReader, left: int, what: str) -> bytes:
    with _told(what):
        return await reader.read(min(left, PIECE) if left > 0 else PIECE)


@contextlib.contextmanager
def _told(what: str) -> Generator[None]:
    """Whatever goes wrong with a connection, as what it is to a visitor."""
    try:
        yield
    except NoAnswer:
        raise
    except TimeoutError:
        raise NoAnswer(f"{what}: no answer in {PATIENCE:.0f} s") from None
    except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
        raise NoAnswer(f"{what}: {type(error).__name__}: {error}") from error
