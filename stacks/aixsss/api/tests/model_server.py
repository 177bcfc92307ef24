"""A model that answers by HTTP as an OpenAI-compatible provider does, and fails when told to."""

import json
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

WORDS = ("The ", "harbour ", "lies ", "still. ", "雾散了。")


class ModelServer(ThreadingHTTPServer):
    """Each request takes the next behaviour that was planned; without one it answers well."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.planned: deque[Behaviour] = deque()
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.gate = threading.Event()
        self.gate.set()

    @property
    def url(self) -> str:
        """What clients are told."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1"

    def plan(self, behaviour: "Behaviour", times: int = 1) -> None:
        """Behave so for the next requests."""
        self.planned.extend([behaviour] * times)


class Answering(BaseHTTPRequestHandler):
    """Answers one request."""

    protocol_version = "HTTP/1.1"
    server: ModelServer

    def do_POST(self) -> None:
        """Take the question down, then behave as planned."""
        length = int(self.headers["content-length"])
        self.server.asked.append(json.loads(self.rfile.read(length)))
        self.server.keys.append(self.headers["authorization"].removeprefix("Bearer "))
        behave = self.server.planned.popleft() if self.server.planned else well
        with suppress(ConnectionError):
            behave(self)

    def begin(self, media_type: str = "text/event-stream") -> None:
        """Send the head."""
        self.send_response(200)
        self.send_header("content-type", media_type)
        self.send_header("connection", "close")
        self.end_headers()

    def event(self, data: str) -> None:
        """Send one event, cut in two where it hurts."""
        raw = f"data: {data}\n\n".encode()
        for half in (raw[: len(raw) // 2], raw[len(raw) // 2 :]):
            self.wfile.write(half)
            self.wfile.flush()

    def piece(self, text: str, finish: str | None = None) -> None:
        """Send a piece of the answer."""
        choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
        self.event(json.dumps({"choices": [choice]}, ensure_ascii=False))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


Behaviour = Callable[[Answering], None]


def well(request: Answering) -> None:
    """Answer whole; in the middle wait for the gate."""
    request.begin()
    request.piece(WORDS[0])
    request.server.gate.wait(30)
    for word in WORDS[1:]:
        request.piece(word)
    request.piece("", "stop")
    request.event(json.dumps({"choices": [], "usage": {"total_tokens": 9}}))
    request.event("[DONE]")


def slow(request: Answering) -> None:
    """Take ten seconds."""
    request.begin()
    for _ in range(100):
        request.piece("word ")
        time.sleep(0.1)


def status(number: int, words: str = "no", **headers: str) -> Behaviour:
    """Answer with an error."""

    def behave(request: Answering) -> None:
        body = json.dumps({"error": {"message": words}}).encode()
        request.send_response(number)
        for name, value in {**headers, "content-length": str(len(body))}.items():
            request.send_header(name.replace("_", "-"), value)
        request.end_headers()
        request.wfile.write(body)

    return behave


def cut(request: Answering) -> None:
    """Stop in the middle, politely: the end that was promised never comes."""
    request.begin()
    request.piece(WORDS[0])
    request.close_connection = True


def hang_up(request: Answering) -> None:
    """End the connection before the head."""
    request.connection.shutdown(socket.SHUT_RDWR)
    request.close_connection = True


def silent(request: Answering) -> None:
    """Send the head, then nothing."""
    request.begin()
    request.server.gate.clear()
    request.server.gate.wait(5)


def garbled(request: Answering) -> None:
    """Send what is no JSON."""
    request.begin()
    request.event('{"choices": [')


def late_error(request: Answering) -> None:
    """Fail inside of the stream."""
    request.begin()
    request.piece(WORDS[0])
    request.event(json.dumps({"error": {"message": "the engine is overloaded"}}))


def filtered(request: Answering) -> None:
    """Step in as a filter does."""
    request.begin()
    request.piece("", "content_filter")


def page(request: Answering) -> None:
    """Answer as a proxy with a page of its own does."""
    request.begin("text/html")
    request.wfile.write(b"<html>")


@contextmanager
def model_server() -> Iterator[ModelServer]:
    """Run one for the length of the block."""
    with ModelServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server
        finally:
            server.gate.set()
            server.shutdown()
            thread.join()
