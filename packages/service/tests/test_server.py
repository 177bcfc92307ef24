"""Answers leave in one piece: a killed process has sent all of one, or nothing."""

import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import closing

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from uvicorn import Server

from seaway_service.server import config
from seaway_service.testing import free_port, listens, until

BODY = "b" * 700
app = FastAPI()


class Settings:
    """Where to listen."""

    HOST, TRUSTED_PROXIES, STOP_SECONDS = "127.0.0.1", "127.0.0.1", 1
    PORT = 0


@app.get("/whole")
async def whole() -> str:
    return BODY


@app.get("/stream")
async def stream() -> StreamingResponse:
    return StreamingResponse(pieces())


async def pieces() -> AsyncIterator[str]:
    for _ in range(3):
        yield BODY


@pytest.fixture
def connection() -> Iterator[socket.socket]:
    """Give a connection to the application, in a process of its own."""
    port = free_port()
    process = subprocess.Popen([sys.executable, __file__, str(port)])
    try:
        until(lambda: listens(port), "the application", 60)
        with closing(socket.create_connection(("127.0.0.1", port), 10)) as opened:
            yield opened
    finally:
        process.kill()
        process.wait()


def test_head_and_body_arrive_together(connection: socket.socket) -> None:
    for _ in range(200):
        connection.sendall(b"GET /whole HTTP/1.1\r\nHost: a\r\n\r\n")
        first = connection.recv(65536)
        assert first.partition(b"\r\n\r\n")[2] == f'"{BODY}"'.encode()


def test_a_stream_is_whole_before_its_connection_ends(connection: socket.socket) -> None:
    connection.sendall(b"GET /stream HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")

    said = b"".join(iter(lambda: connection.recv(65536), b""))
    assert said.count(BODY.encode()) == 3
    assert said.endswith(b"0\r\n\r\n")


if __name__ == "__main__":
    Settings.PORT = int(sys.argv[1])
    Server(config(app, Settings())).run()
