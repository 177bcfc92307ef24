"""The face over HTTP: the same answers as server-sent events, and what probes and operators ask."""

import asyncio
import hmac
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import Field
from pymongo import AsyncMongoClient
from qingyu_contract.database import Database, Record, check
from seaway_service import health, problems
from seaway_service.bodies import Body, sent, takes
from seaway_service.client import RefusedError, packed
from seaway_service.errors import UnavailableError
from seaway_service.observed import Observed
from seaway_service.problems import Problem, unauthenticated
from seaway_service.routes import router_of
from starlette.middleware import Middleware

from qingyu_ai.metrics import COUNTS
from qingyu_ai.model import Model
from qingyu_ai.rpc import LONGEST_TEXT, Server, Writer
from qingyu_ai.settings import Settings
from qingyu_ai.vectors import Vectors
from qingyu_ai.writing import Asked, Said, Writing, as_json

EVENTS = "text/event-stream"
HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
BEAT = b": still writing\n\n"
CHECK_SECONDS = 5.0

router = router_of("writer", prefix="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """One of each; opened and closed by the application's lifespan."""

    settings: Settings
    started_at: datetime
    client: AsyncMongoClient[Record]
    database: Database
    vectors: Vectors
    model: Model
    writing: Writing


def create_app(parts: Parts, server: "Stopping") -> FastAPI:
    """Return the application; both servers begin and end with it."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await server.begin(parts)
        yield
        await server.ended()
        for client in (parts.vectors, parts.model):
            await client.close()
        await parts.client.close()

    app = FastAPI(
        title="Qingyu AI", version=parts.settings.RELEASE_VERSION, docs_url=None, redoc_url=None,
        routes=list(router.routes), lifespan=lifespan,
        middleware=[Middleware(Observed, COUNTS)],
        exception_handlers={**problems.HANDLERS, RefusedError: not_done},
    )  # fmt: skip
    app.state.parts = parts
    COUNTS.release.labels(parts.settings.RELEASE_VERSION, parts.settings.INSTANCE).set(1)
    return app


class Stopping:
    """The gRPC server beside the one of HTTP: told to stop at the same moment."""

    def __init__(self) -> None:
        self._server: Server | None = None
        self._ending: asyncio.Task[None] | None = None
        self._seconds = 0.0

    async def begin(self, parts: Parts) -> None:
        """Take calls."""
        chosen = parts.settings
        self._seconds = float(chosen.STOP_SECONDS)
        writer = Writer(parts.writing, chosen.AI_KEY)
        self._server = Server(writer, chosen.HOST, chosen.GRPC_PORT)
        await self._server.start()

    def stop(self) -> None:
        """Take no new calls; those that are open go on."""
        if self._server is not None and self._ending is None:
            self._ending = asyncio.ensure_future(self._server.stop(self._seconds))

    async def ended(self) -> None:
        """Return when the last call is over."""
        self.stop()
        if self._ending is not None:
            await self._ending


def of(request: Request) -> Parts:
    """Return the parts of the application that answers this request."""
    parts = request.app.state.parts
    if not isinstance(parts, Parts):  # pragma: no cover
        raise TypeError
    return parts


async def admitted(request: Request) -> Parts:
    """Return the parts to whoever knows the key.

    Raises:
        Problem: the key is not right.
    """
    parts = of(request)
    given = request.headers.get("authorization", "")
    if not hmac.compare_digest(given.encode(), f"Bearer {parts.settings.AI_KEY}".encode()):
        raise unauthenticated("the key is not right")
    return parts


class Message(Body):
    """What the contract calls a request; `task` is `ask` or `draft`."""

    owner: Annotated[str, Field(min_length=1, max_length=64)]
    conversation: Annotated[str, Field(min_length=1, max_length=64)]
    question: Annotated[str, Field(min_length=1, max_length=64)]
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_TEXT)]
    task: Literal["ask", "draft"] = "ask"


@router.post("/v1/write", openapi_extra=takes(Message))
async def write(
    parts: Annotated[Parts, Depends(admitted)], message: Annotated[Message, Depends(sent(Message))]
) -> StreamingResponse:
    """Answer one message as events: `sources`, `token` …, `done`; a comment in each silence."""
    said = message.model_dump()
    asked = Asked(draft=said.pop("task") == "draft", **said)
    events = parts.writing.answer(asked)
    first = await anext(events)  # a refusal comes before it, and is still a status of its own
    return StreamingResponse(passed(first, events), media_type=EVENTS, headers=HEADERS)


async def passed(first: Said, rest: AsyncGenerator[Said]) -> AsyncIterator[bytes]:
    """Yield the events; one more where they break off."""
    yield packed_event(first)
    try:
        async with aclosing(rest):
            async for said in rest:
                yield packed_event(said)
    except (UnavailableError, RefusedError) as error:
        yield b"event: error\ndata: " + packed({"message": str(error)}) + b"\n\n"


def packed_event(said: Said) -> bytes:
    """Return an event as it is sent."""
    name, value = as_json(said)
    return f"event: {name}\ndata: ".encode() + packed(value) + b"\n\n" if name else BEAT


@router.get("/livez")
async def alive() -> JSONResponse:
    """Say that the process answers; whatever else is broken, a restart would not mend it."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz")
async def ready(request: Request) -> JSONResponse:
    """Say whether it takes calls; a database without a primary is not mended by other copies."""
    return JSONResponse({"status": "ready", "instance": of(request).settings.INSTANCE})


@router.get("/health")
async def healthy(request: Request) -> JSONResponse:
    """Say all there is to say."""
    parts = of(request)
    chosen = parts.settings
    release: dict[str, object] = {
        "service": "qingyu-ai", "release": chosen.RELEASE_VERSION, "instance": chosen.INSTANCE,
        "environment": chosen.APP_ENV.value,
    }  # fmt: skip
    found = await health.asked({"mongodb": lambda: check(parts.database)}, CHECK_SECONDS)
    well, said = health.detailed(release, parts.started_at, found)
    return JSONResponse(said, 200 if well else 503)


@router.get("/metrics")
async def metrics() -> Response:
    """Give the counters in the text form of Prometheus."""
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


async def not_done(request: Request, error: Exception) -> Response:
    """Pass on what the model says of a request."""
    if not isinstance(error, RefusedError):  # pragma: no cover
        raise error
    busy = error.status in {429, 503}
    headers = {"Retry-After": error.retry_after or "2"}
    problem = Problem(503 if busy else 502, "model_failed", error.message, headers)
    return await problems.answer(request, problem)
