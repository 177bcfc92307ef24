"""Asks a server by the health protocol of gRPC, in one call over HTTP/2 without TLS.

One call with a fixed question needs so little of HTTP/2 (RFC 9113) that a library of the size of
gRPC would be loaded for nothing: frames are read, and of headers only where they end.
"""

import asyncio
import contextlib

from seaway.probing.trouble import seconds, trouble
from seaway.wire.grpc import (
    ACK,
    DATA,
    END_STREAM,
    GOAWAY,
    HEAD,
    HEADERS,
    HEALTH,
    PING,
    RESET,
    SETTINGS,
    called,
    frame,
    health_question,
)

LONGEST_FRAME = 16384
"""Bytes that a server may send where nothing else is agreed (RFC 9113, 6.5.2)."""
PREFIX = 5
"""Bytes before a message of gRPC: whether it is compressed, and its length."""
SERVING = b"\x08\x01"
"""`HealthCheckResponse` of protobuf, with status SERVING."""
_STATES = {b"": "UNKNOWN", b"\x08\x00": "UNKNOWN", b"\x08\x02": "NOT_SERVING"}


async def ask_grpc(host: str, port: int, service: str, limit: float) -> str:
    """Empty when the server says within `limit` seconds that the service is served, else why not.

    An empty service stands for the server as a whole.
    """
    try:
        async with asyncio.timeout(limit):
            answer = await call(host, port, HEALTH, health_question(service))
    except TimeoutError:
        return f"no answer in {seconds(limit)}"
    except asyncio.IncompleteReadError:
        return "closed the connection without an answer"
    except OSError as error:
        return trouble(error)
    if answer == SERVING:
        return ""
    if answer is None:
        return f"refused the call {HEALTH}: has it the health service, and in it '{service}'?"
    return f"says {_STATES.get(answer, 'something else than SERVING')}"


async def call(host: str, port: int, method: str, message: bytes) -> bytes | None:
    """The message that a method answers with; None where there is none.

    Raises:
        OSError: there is no connection, or nobody there speaks HTTP/2.
        asyncio.IncompleteReadError: the connection ended without an answer.
    """
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(called(f"{host}:{port}", method, message))
        return await _answer(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
    body = b""
    while True:
        high, low, kind, flags, stream = HEAD.unpack(await reader.readexactly(HEAD.size))
        size = (high << 16) + low
        if size > LONGEST_FRAME:
            raise OSError("answered something that is not HTTP/2")
        payload = await reader.readexactly(size)
        if kind in {SETTINGS, PING} and not flags & ACK:
            writer.write(frame(kind, ACK, 0, payload if kind == PING else b""))
        elif stream == 1 and kind == DATA:
            body += payload
        ended = stream == 1 and kind in {DATA, HEADERS} and flags & END_STREAM
        if ended or kind in {RESET, GOAWAY}:
            return body[PREFIX:] if body else None
