"""A connection to PostgreSQL, with just enough of protocol 3.0 to check and settle a server."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import os
import secrets
import socket
import struct
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from pathlib import Path

ITERATIONS = 4096
"""What PostgreSQL itself uses (RFC 7677); its passwords have 190 bits here."""
AHEAD = 1 << 20
"""Bytes read before anybody asks for them: a base backup comes as fast as it is taken."""
SILENCE = 600.0
"""Seconds without a word after which a server that is read in a thread counts as gone."""
_VERSION = 196608
_OK, _SASL, _CONTINUE, _FINAL = 0, 10, 11, 12
Row = tuple[str | None, ...]


class Refused(Exception):  # noqa: N818 -- an answer of the server
    """The server said no; `state` is its SQLSTATE."""

    def __init__(self, state: str, text: str) -> None:
        super().__init__(text)
        self.state = state


@dataclass(frozen=True, slots=True, kw_only=True)
class Login:
    """Where and as whom. A folder for a local socket, where no password is asked for."""

    user: str
    database: str
    port: int
    host: str = ""
    folder: Path | None = None
    password: str = field(default="", repr=False)
    replication: bool = False
    """Whether the session speaks the streaming replication protocol instead of SQL alone."""
    application: str = "seaway"
    """What the server calls the session."""


@dataclass(frozen=True, slots=True)
class Connection:
    """One session. Queries are simple ones: several statements in one text are allowed."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def run(self, sql: str) -> list[Row]:
        """All rows of all statements.

        Raises:
            Refused: one of them failed; those after it were not tried.
        """
        self.send(b"Q", sql.encode() + b"\0")
        rows: list[Row] = []
        refused: Refused | None = None
        while True:
            kind, body = await self.receive()
            if kind == b"D":
                rows.append(_row(body))
            elif kind == b"E":
                refused = refusal(body)
            elif kind == b"Z" and refused:
                raise refused
            elif kind == b"Z":
                return rows

    def send(self, kind: bytes, body: bytes) -> None:
        """Queue one message."""
        self.writer.write(_message(kind, body))

    async def receive(self) -> tuple[bytes, bytes]:
        """The next message: its kind and its body."""
        head = await self.reader.readexactly(5)
        (length,) = struct.unpack("!i", head[1:])
        return head[:1], await self.reader.readexactly(length - 4)

    @contextlib.asynccontextmanager
    async def lent(self) -> AsyncGenerator["Stream"]:
        """The same session for a thread, between two queries; it is cut if that fails."""
        await self.writer.drain()
        self.writer.transport.pause_reading()  # type: ignore[attr-defined]  # pyright: ignore -- of sockets
        own: socket.socket = self.writer.get_extra_info("socket")
        with socket.socket(fileno=os.dup(own.fileno())) as link:
            link.settimeout(SILENCE)
            try:
                yield Stream(link)
            except BaseException:
                with contextlib.suppress(OSError):
                    link.shutdown(socket.SHUT_RDWR)  # the thread is not to wait any longer
                raise
        self.writer.transport.resume_reading()  # type: ignore[attr-defined]  # pyright: ignore -- as above


class Stream:
    """Messages of a session in a thread: a base backup is too much for a loop."""

    def __init__(self, link: socket.socket) -> None:
        self._link, self._file = link, link.makefile("rb", buffering=AHEAD)

    def send(self, kind: bytes, body: bytes) -> None:
        """Send one message."""
        self._link.sendall(_message(kind, body))

    def receive(self) -> tuple[bytes, bytes]:
        """The next message: its kind and its body.

        Raises:
            OSError: the server hung up, or says nothing any more.
        """
        head = self._file.read(5)
        (length,) = struct.unpack("!i", head[1:]) if len(head) == len("dnnnn") else (0,)
        body = self._file.read(length - 4) if length else b""
        if len(body) != length - 4:
            raise ConnectionResetError("the server hung up")
        return head[:1], body


def _message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack("!i", len(body) + 4) + body


@contextlib.asynccontextmanager
async def connected(login: Login) -> AsyncGenerator[Connection]:
    """An authenticated session, closed afterwards.

    Raises:
        Refused: the server does not let this one in, or not now.
        OSError: nobody listens there, or it hung up.
    """
    reader, writer = await _opened(login)
    session = Connection(reader, writer)
    try:
        try:
            await _start(session, login)
            yield session
        except asyncio.IncompleteReadError as error:
            raise ConnectionResetError("the server hung up") from error
        session.send(b"X", b"")
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _opened(login: Login) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if login.folder is None:
        return await asyncio.open_connection(login.host, login.port, limit=AHEAD)
    # By way of a descriptor: the path of a socket may have no more than 107 bytes (unix(7)).
    folder = os.open(login.folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        return await asyncio.open_unix_connection(f"/proc/self/fd/{folder}/.s.PGSQL.{login.port}")
    finally:
        os.close(folder)


async def _start(session: Connection, login: Login) -> None:
    words = (
        "user", login.user, "database", login.database, "application_name", login.application,
        *(("replication", "true") if login.replication else ()),
    )  # fmt: skip
    body = struct.pack("!i", _VERSION) + b"".join(w.encode() + b"\0" for w in words) + b"\0"
    session.writer.write(struct.pack("!i", len(body) + 4) + body)
    exchange = _Scram(login.password)
    while True:
        kind, body = await session.receive()
        if kind == b"E":
            raise refusal(body)
        if kind == b"R":
            _answer(session, exchange, body)
        elif kind == b"Z":
            return


def _answer(session: Connection, exchange: "_Scram", body: bytes) -> None:
    (wanted,) = struct.unpack("!i", body[:4])
    if wanted == _SASL:
        first = exchange.first()
        message = b"SCRAM-SHA-256\0" + struct.pack("!i", len(first)) + first
        session.send(b"p", message)
    elif wanted == _CONTINUE:
        session.send(b"p", exchange.last(body[4:].decode()))
    elif wanted == _FINAL:
        exchange.verify(body[4:].decode())
    elif wanted != _OK:
        raise Refused("28000", "the server asks for another kind of password")


class _Scram:
    """SCRAM-SHA-256 (RFC 5802, 7677), the client's side. The server must know the password too."""

    def __init__(self, password: str) -> None:
        self._password = password
        self._bare = f"n=,r={secrets.token_urlsafe(18)}"
        self._signature = b""

    def first(self) -> bytes:
        return f"n,,{self._bare}".encode()

    def last(self, challenge: str) -> bytes:
        fields = _fields(challenge)
        salted = _salted(self._password, base64.b64decode(fields["s"]), int(fields["i"]))
        bare = f"c=biws,r={fields['r']}"
        message = f"{self._bare},{challenge},{bare}".encode()
        client = _mac(salted, b"Client Key")
        proof = _xor(client, _mac(hashlib.sha256(client).digest(), message))
        self._signature = _mac(_mac(salted, b"Server Key"), message)
        return f"{bare},p={base64.b64encode(proof).decode()}".encode()

    def verify(self, final: str) -> None:
        signature = base64.b64decode(_fields(final).get("v", ""))
        if not hmac.compare_digest(signature, self._signature):
            raise Refused("28000", "something else than our server answers there")


def verifier(password: str) -> str:
    """What PostgreSQL keeps of a password: with it no password is sent or logged."""
    return _verifier(password, secrets.token_bytes(16), ITERATIONS)


def verifies(kept: str, password: str) -> bool:
    """Whether this is what is kept of the password."""
    kind, _, rest = kept.partition("$")
    iterations, _, rest = rest.partition(":")
    salt = rest.partition("$")[0]
    if kind != "SCRAM-SHA-256" or not iterations.isdigit():
        return False
    return hmac.compare_digest(kept, _verifier(password, base64.b64decode(salt), int(iterations)))


def _verifier(password: str, salt: bytes, iterations: int) -> str:
    salted = _salted(password, salt, iterations)
    stored = hashlib.sha256(_mac(salted, b"Client Key")).digest()
    server = _mac(salted, b"Server Key")
    text = [base64.b64encode(each).decode() for each in (salt, stored, server)]
    return f"SCRAM-SHA-256${iterations}:{text[0]}${text[1]}:{text[2]}"


def _salted(password: str, salt: bytes, iterations: int) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)


def _mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _fields(message: str) -> dict[str, str]:
    return dict(part.split("=", 1) for part in message.split(",") if "=" in part)


def _row(body: bytes) -> Row:
    (count,) = struct.unpack("!h", body[:2])
    values: list[str | None] = []
    at = 2
    for _ in range(count):
        (length,) = struct.unpack("!i", body[at : at + 4])
        at += 4
        values.append(None if length < 0 else body[at : at + length].decode())
        at += max(length, 0)
    return tuple(values)


def refusal(body: bytes) -> Refused:
    """What an error message of the server says."""
    fields = {part[:1]: part[1:].decode(errors="replace") for part in body.split(b"\0") if part}
    return Refused(fields.get(b"C", ""), fields.get(b"M", ""))
