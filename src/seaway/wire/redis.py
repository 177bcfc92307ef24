"""Redis by its own protocol (RESP), as much as a snapshot and a look need. It blocks."""

import socket
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field

PATIENCE = 60.0
"""Seconds for one answer: a server that forks with a large memory is slow to begin."""
Answer = str | int | None | list["Answer"]


class RedisTrouble(OSError):  # noqa: N818 -- an answer of the server
    """The server refused, or hung up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where, and by which password."""

    host: str
    port: int
    password: str = field(repr=False)


class Session:
    """One connection that has logged in."""

    def __init__(self, link: socket.socket) -> None:
        self._link, self._file = link, link.makefile("rb", buffering=1 << 20)

    def ask(self, *words: str) -> Answer:
        """One command and its answer.

        Raises:
            RedisTrouble: the server refused.
        """
        self.send(*words)
        return self._answer()

    def send(self, *words: str) -> None:
        """One command; the answer is read by somebody else."""
        encoded = [word.encode() for word in words]
        body = b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)
        self._link.sendall(b"*%d\r\n%s" % (len(words), body))

    def line(self) -> str:
        """The next line. While a snapshot is being made there are empty ones, with LF alone."""
        line = self._file.readline()
        if not line.endswith(b"\n"):
            raise RedisTrouble("the server hung up")
        return line.rstrip(b"\r\n").decode(errors="replace")

    def read(self, size: int) -> bytes:
        """Bytes as they come; fewer at the end."""
        return bytes(self._file.read(size))

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._link.close()

    def _answer(self) -> Answer:
        line = self.line()
        kind, rest = line[:1], line[1:]
        match kind:
            case "+":
                return rest
            case ":":
                return int(rest)
            case "$":
                return self._text(int(rest))
            case "*":
                return [self._answer() for _ in range(int(rest))]
            case _:
                raise RedisTrouble(rest)

    def _text(self, size: int) -> str | None:
        if size < 0:
            return None
        content = self._file.read(size + 2)
        if len(content) != size + 2:
            raise RedisTrouble("the server hung up")
        return bytes(content[:-2]).decode(errors="surrogateescape")


@contextmanager
def logged_in(access: Access) -> Generator[Session]:
    """A session, closed afterwards.

    Raises:
        RedisTrouble: the server does not let this one in.
        OSError: nobody listens there.
    """
    session = Session(socket.create_connection((access.host, access.port), timeout=PATIENCE))
    try:
        session.ask("AUTH", access.password)
        yield session
    finally:
        session.close()
