"""Store: answers kept in Redis for a time; without Redis everything works, only slower."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import hiredis

WAIT = 1.0
"""Seconds after which an answer of Redis will not come any more."""
LARGEST = 2**20
"""Bytes of an answer that is kept."""
Value = None | int | bytes | str | list["Value"] | hiredis.ReplyError


@dataclass(frozen=True, slots=True)
class _Connection:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    parser: hiredis.Reader

    async def ask(self, *words: str | bytes) -> Value:
        self.writer.write(hiredis.pack_command(words))  # type: ignore[arg-type]  # its stub knows one word
        while (value := self.parser.gets()) is False:
            data = await self.reader.read(2**16)
            if not data:
                raise ConnectionResetError
            self.parser.feed(data)
        return value  # type: ignore[no-any-return]  # what Redis may say


class Store:
    """One connection, made again when it breaks; what fails is as if it had not been kept."""

    def __init__(self, url: str) -> None:
        self._address = urlsplit(url)
        self._connection: _Connection | None = None
        self._turn = asyncio.Lock()

    async def get(self, key: str) -> bytes | None:
        """What is kept, if it can be had."""
        found = await self._asked("GET", key)
        return found if isinstance(found, bytes) else None

    async def put(self, key: str, seconds: float, value: bytes) -> None:
        """Keep it for a time."""
        if len(value) <= LARGEST:
            await self._asked("SET", key, value, "PX", str(max(int(seconds * 1000), 1)))

    async def close(self) -> None:
        """End the connection."""
        if self._connection is not None:
            self._connection.writer.close()
            self._connection = None

    async def _asked(self, *words: str | bytes) -> Value:
        async with self._turn:
            with suppress(OSError, TimeoutError, hiredis.ProtocolError):
                async with asyncio.timeout(WAIT):
                    connection = self._connection or await self._connected()
                    self._connection = None  # until it has answered, nobody else may use it
                    answer = await connection.ask(*words)
                    self._connection = connection
                    return answer
        return None

    async def _connected(self) -> _Connection:
        told = self._address
        reader, writer = await asyncio.open_connection(told.hostname, told.port or 6379)
        connection = _Connection(reader, writer, hiredis.Reader())
        words = [unquote(each) for each in (told.username, told.password) if each]
        if words:
            await connection.ask("AUTH", *words)
        if number := told.path.strip("/"):
            await connection.ask("SELECT", number)
        return connection
