"""A websocket as a browser would open it: RFC 6455, as much of it as is needed to listen."""

import asyncio
import base64
import contextlib
import json
import os
import struct
from collections.abc import AsyncGenerator
from typing import Any
from urllib.parse import urlsplit

from seaway.journey import Http

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
SHORT, MEDIUM = 125, 126
PATIENCE = 20.0
"""Seconds for one message."""


class Socket:
    """An open websocket."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, value: object) -> None:
        """Send a short text; what a client sends is masked."""
        await self._sent(TEXT, json.dumps(value).encode())

    async def _sent(self, kind: int, body: bytes) -> None:
        length = (
            bytes([0x80 | len(body)]) if len(body) <= SHORT
            else bytes([0x80 | MEDIUM]) + struct.pack("!H", len(body))
        )  # fmt: skip
        mask = os.urandom(4)
        masked = bytes(each ^ mask[at % 4] for at, each in enumerate(body))
        self._writer.write(bytes([0x80 | kind]) + length + mask + masked)
        await self._writer.drain()

    async def message(self) -> dict[str, Any]:
        """The next message; raises TimeoutError, and EOFError at the end."""
        async with asyncio.timeout(PATIENCE):
            while True:
                first, second = await self._reader.readexactly(2)
                size = second & 0x7F
                if size > SHORT:
                    wide = await self._reader.readexactly(2 if size == MEDIUM else 8)
                    size = int.from_bytes(wide)
                body = await self._reader.readexactly(size)
                if first & 0xF == CLOSE:
                    raise EOFError(body[2:].decode(errors="replace"))
                if first & 0xF == PING:  # who does not answer is taken for gone
                    await self._sent(PONG, body)
                if first & 0xF == TEXT:
                    return dict(json.loads(body))

    async def until(self, kind: str) -> dict[str, Any]:
        """What came with the next message of that kind."""
        while (message := await self.message())["type"] != kind:
            pass
        return dict(message.get("data") or {})


@contextlib.asynccontextmanager
async def listening(client: Http, path: str, token: str) -> AsyncGenerator[Socket]:
    """Open a websocket and say whose it is; it has been greeted when the block begins."""
    at = urlsplit(client.address)
    secure = at.scheme == "https"
    reader, writer = await asyncio.open_connection(
        at.hostname, at.port or (443 if secure else 80), ssl=client.trust if secure else None,
        server_hostname=at.hostname if secure else None,
    )  # fmt: skip
    try:
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: {at.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 101"):
            raise OSError(f"no websocket: {head[:60]!r}")
        socket = Socket(reader, writer)
        await socket.send({"token": token})
        await socket.until("hello")
        yield socket
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
