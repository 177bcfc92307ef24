"""Asks a server by the health protocol of gRPC, in one call over HTTP/2 without TLS.

One call with a fixed question needs so little of HTTP/2 (RFC 9113) that a library of the size of
gRPC would be loaded for nothing: frames are read, and of headers only where they end.
"""

import asyncio
import contextlib
import struct

from seaway.probing.trouble import seconds, trouble

METHOD = "/grpc.health.v1.Health/Check"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1
LONGEST_FRAME = 16384
"""Bytes that a server may send where nothing else is agreed (RFC 9113, 6.5.2)."""
PREFIX = 5
"""Bytes before a message of gRPC: whether it is compressed, and its length."""
_HEAD = struct.Struct("!BHBBI")
SERVING = b"\x08\x01"
"""`HealthCheckResponse` of protobuf, with status SERVING."""
_STATES = {b"": "UNKNOWN", b"\x08\x00": "UNKNOWN", b"\x08\x02": "NOT_SERVING"}


async def ask_grpc(host: str, port: int, service: str, limit: float) -> str:
    """Empty when the server says within `limit` seconds that the service is served, else why not.

    An empty service stands for the server as a whole.
    """
    try:
        async with asyncio.timeout(limit):
            name = service.encode()
            message = b"\x0a" + bytes([len(name)]) + name if name else b""
            answer = await call(host, port, METHOD, message)
    except TimeoutError:
        return f"no answer in {seconds(limit)}"
    except asyncio.IncompleteReadError:
        return "closed the connection without an answer"
    except OSError as error:
        return trouble(error)
    if answer == SERVING:
        return ""
    if answer is None:
        return f"refused the call {METHOD}: has it the health service, and in it '{service}'?"
    return f"says {_STATES.get(answer, 'something else than SERVING')}"


async def call(host: str, port: int, method: str, message: bytes) -> bytes | None:
    """The message that a method answers with; None where there is none.

    Raises:
        OSError: there is no connection, or nobody there speaks HTTP/2.
        asyncio.IncompleteReadError: the connection ended without an answer.
    """
    reader, writer = await asyncio.open_connection(host, port)
    try:
        writer.write(
            PREFACE + _frame(SETTINGS, 0, 0, b"")
            + _frame(HEADERS, END_HEADERS, 1, _headers(f"{host}:{port}", method))
            + _frame(DATA, END_STREAM, 1, struct.pack("!BI", 0, len(message)) + message)
        )  # fmt: skip
        return await _answer(reader, writer)
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes | None:
    body = b""
    while True:
        high, low, kind, flags, stream = _HEAD.unpack(await reader.readexactly(_HEAD.size))
        size = (high << 16) + low
        if size > LONGEST_FRAME:
            raise OSError("answered something that is not HTTP/2")
        payload = await reader.readexactly(size)
        if kind in {SETTINGS, PING} and not flags & ACK:
            writer.write(_frame(kind, ACK, 0, payload if kind == PING else b""))
        elif stream == 1 and kind == DATA:
            body += payload
        ended = stream == 1 and kind in {DATA, HEADERS} and flags & END_STREAM
        if ended or kind in {RESET, GOAWAY}:
            return body[PREFIX:] if body else None


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    size = len(payload)
    return _HEAD.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


def _headers(authority: str, method: str) -> bytes:
    """As literals that nobody has to remember (RFC 7541, 6.2.2), so that there is no state."""
    fields = (
        (":method", "POST"), (":scheme", "http"), (":path", method), (":authority", authority),
        ("content-type", "application/grpc"), ("te", "trailers"), ("user-agent", "seaway-probe"),
    )  # fmt: skip
    return b"".join(b"\x00" + _text(name) + _text(value) for name, value in fields)


def _text(text: str) -> bytes:
    """Shorter than 127 bytes, and so its length is one byte."""
    return bytes([len(text)]) + text.encode()
