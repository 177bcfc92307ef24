"""Writes one call of gRPC as the bytes that a client sends: HTTP/2 (RFC 9113) without any state."""

import struct

HEALTH = "/grpc.health.v1.Health/Check"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RESET, SETTINGS, PING, GOAWAY = 0, 1, 3, 4, 6, 7
END_STREAM, END_HEADERS, ACK = 1, 4, 1
HEAD = struct.Struct("!BHBBI")


def health_question(service: str) -> bytes:
    """`HealthCheckRequest` of protobuf; an empty service stands for the server as a whole."""
    name = service.encode()
    return b"\x0a" + bytes([len(name)]) + name if name else b""


def called(authority: str, method: str, message: bytes) -> bytes:
    """All that is sent for a call, on a new connection."""
    return (
        PREFACE + frame(SETTINGS, 0, 0, b"")
        + frame(HEADERS, END_HEADERS, 1, _headers(authority, method))
        + frame(DATA, END_STREAM, 1, struct.pack("!BI", 0, len(message)) + message)
    )  # fmt: skip


def frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    """One frame."""
    size = len(payload)
    return HEAD.pack(size >> 16, size & 0xFFFF, kind, flags, stream) + payload


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
