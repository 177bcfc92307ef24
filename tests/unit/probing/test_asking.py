"""Questions to servers, each answered as real ones answer."""

import asyncio
import contextlib
import socket

import pytest

from seaway.probing.http import ask_http
from seaway.probing.tcp import ask_tcp

LIMIT = 5.0


@contextlib.asynccontextmanager
async def server(answer):
    """Says these bytes to whoever asks; nothing, and for ever, when it is None."""

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await reader.read()  # until the other side gives up
        with contextlib.suppress(OSError):
            writer.write(answer or b"")
            await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        over.set()

    over = asyncio.Event()
    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
        await asyncio.wait_for(over.wait(), LIMIT)
    finally:
        listening.close()


def closed_port():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return taken.getsockname()[1]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", ""),
        (b"HTTP/1.0 204 No Content\r\n\r\n", ""),
        (b"HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\n", ""),
        (b"HTTP/1.1 404 Not Found\r\n\r\n", "answered 404"),
        (b"HTTP/1.1 503 Service Unavailable\r\n\r\n", "answered 503"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "answered something that is not HTTP"),
        (b"HTTP/1.1 200 OK\r\n", "closed the connection without an answer"),
        (b"", "closed the connection without an answer"),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000, "answered a head without end"),
    ],
)
async def test_an_answer_is_understood(answer, said):
    async with server(answer) as port:
        assert await ask_http("127.0.0.1", port, "/", LIMIT) == said


async def test_a_body_without_end_is_an_answer_too():
    """A stream of events never ends; its head is enough."""
    head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"
    async with server(head) as port:
        assert await ask_http("127.0.0.1", port, "/events", LIMIT) == ""


async def test_silence_is_a_no_in_time():
    async with server(None) as port:
        assert await ask_http("127.0.0.1", port, "/", 0.1) == "no answer in 0.1 s"


async def test_a_port_nobody_listens_on_refuses():
    assert await ask_http("127.0.0.1", closed_port(), "/", LIMIT) == "connection refused"
    assert await ask_tcp("127.0.0.1", closed_port(), LIMIT) == "connection refused"


async def test_a_port_that_accepts_is_open():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert await ask_tcp("127.0.0.1", listening.getsockname()[1], LIMIT) == ""
