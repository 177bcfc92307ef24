"""The HTTP face: routes, who is asking, limits, and what is counted."""

import logging
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from uuid import uuid4

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from valkey.asyncio import Valkey

from heartalk import problems
from heartalk.chat import Answer, Asked, Chat, Piece
from heartalk.health import Health
from heartalk.metrics import RELEASE, REQUESTS, SECONDS
from heartalk.model import Models
from heartalk.problems import Problem, request_id
from heartalk.settings import Settings, signing_keys
from heartalk.store import Store
from heartalk.tokens import Tokens

log = logging.getLogger("heartalk")

LARGEST_BODY = 1_000_000
QUIET = frozenset({"/livez", "/readyz", "/metrics"})
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
CLIENT_GONE = 499
ASKED = msgspec.json.Decoder(Asked)


class Service:
    """What the routes need; opened when the application starts."""

    def __init__(self, settings: Settings) -> None:
        redis = Valkey.from_url(
            settings.redis_url, socket_timeout=1.0, socket_connect_timeout=1.0, max_connections=200
        )
        self.settings, self.redis = settings, redis
        self.tokens = Tokens(
            signing_keys(settings.jwt_secret), timedelta(hours=settings.token_hours)
        )
        self.store = Store(redis, cache_seconds=settings.cache_ttl, rate_limit=settings.rate_limit)
        self.models = Models(
            settings.openai_base_url, settings.openai_api_key, settings.answer_seconds
        )
        self.chat = Chat(settings, self.store, self.models)
        self.health = Health(settings, self.store, self.models)

    async def close(self) -> None:
        """Close all connections."""
        await self.models.close()
        await self.redis.aclose()


def create_app(settings: Settings) -> Starlette:
    """The application; it connects when it starts."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.service = Service(settings)
        yield
        await app.state.service.close()

    RELEASE.labels(settings.release_version, settings.instance).set(1)
    origins = [part.strip() for part in settings.cors_origin.split(",") if part.strip()]
    cross = Middleware(
        CORSMiddleware, allow_origins=origins, allow_credentials=True,
        allow_methods=["GET", "POST"], allow_headers=["Authorization", "Content-Type"],
        expose_headers=["Retry-After", "X-Request-ID"], max_age=600,
    )  # fmt: skip
    return Starlette(
        routes=[
            Route("/api/v1/chat/generate", generate, methods=["POST"]),
            Route("/api/v1/auth/guest", guest, methods=["POST"]),
            Route("/api/v1/health", healthy),
            Route("/livez", alive),
            Route("/readyz", ready),
            Route("/metrics", metrics),
        ],
        middleware=[Middleware(Observed), *([cross] if origins else [])],
        exception_handlers={Problem: problems.refused, HTTPException: problems.unknown},
        lifespan=lifespan,
    )


def service(request: Request) -> Service:
    """What the application was opened with."""
    found: Service = request.app.state.service
    return found


async def generate(request: Request) -> Response:
    """Answer a question of a known user, within the user's limit."""
    parts = service(request)
    user = parts.tokens.user(request.headers.get("authorization", ""))
    asked = await read(request)
    if not asked.stream:
        return json(await parts.chat.answer(user, asked.turns))
    stream = parts.chat.pieces(user, asked.turns)
    first = await anext(stream)  # what goes wrong before it is still an ordinary answer
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(events(first, stream), 200, headers, "text/event-stream")


async def read(request: Request) -> Asked:
    """The request, checked.

    Raises:
        Problem: 400 or 413.
    """
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Problem(413, "too_large", f"at most {LARGEST_BODY} bytes")
    try:
        asked = ASKED.decode(body)
    except msgspec.DecodeError as error:
        raise Problem(400, "invalid", str(error)) from error
    if not asked.turns or asked.turns[-1].role != "user":
        raise Problem(400, "invalid", "say `message`, or `messages` that end with the user's")
    return asked


async def events(
    first: Piece | Answer, rest: AsyncIterator[Piece | Answer]
) -> AsyncIterator[bytes]:
    """Server-sent events; one that ends without `done` or `error` was cut."""
    try:
        yield event(first)
        async for each in rest:
            yield event(each)
    except Problem as problem:
        log.warning("an answer broke off", extra={"code": problem.code})
        yield b"event: error\ndata: " + problems.body(problem.code, problem.message) + b"\n\n"


def event(said: Piece | Answer) -> bytes:
    """One event."""
    name = b"done" if isinstance(said, Answer) else b"piece"
    return b"event: " + name + b"\ndata: " + msgspec.json.encode(said) + b"\n\n"


async def guest(request: Request) -> Response:
    """A token for a stranger, where that is allowed."""
    parts = service(request)
    if not parts.settings.guests:
        raise Problem(404, "not_found", "there are no guests here")
    return json({"token": parts.tokens.issue(f"guest-{uuid4().hex}")}, 201)


async def healthy(request: Request) -> Response:
    """All there is to say; 503 where a part is not well."""
    well, said = await service(request).health.detailed()
    return json(said, 200 if well else 503)


async def alive(_request: Request) -> Response:
    """The process answers; whatever else is broken, a restart would not mend it."""
    return json({"status": "alive"})


async def ready(request: Request) -> Response:
    """Whether requests can be answered now."""
    good = await service(request).health.ready()
    return json({"status": "ready" if good else "not ready"}, 200 if good else 503)


async def metrics(_request: Request) -> Response:
    """The counters in the text form of Prometheus; the ingress does not lead here."""
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


def json(said: object, status: int = 200) -> Response:
    """An answer in JSON."""
    return Response(
        msgspec.json.encode(said), status, {"cache-control": "no-store"}, "application/json"
    )


class Observed:
    """The outermost layer: an id, a log line and counts for each request."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass it on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"x-request-id", b"").decode("latin-1")
        known = given if GIVEN_ID.fullmatch(given) else uuid4().hex
        request_id.set(known)
        watched = Watched(send, known.encode())
        begun = time.perf_counter()
        try:
            await self._app(scope, receive, watched)
        except ClientDisconnect:
            watched.status = CLIENT_GONE
        except Exception:
            log.exception("request failed")
            if watched.status:  # too late for an answer; the server cuts the connection
                raise
            broken = Problem(500, "internal", "something broke; the request id helps to find it")
            await problems.answer(broken)(scope, receive, watched)
        finally:
            note(scope, watched.status, time.perf_counter() - begun)


class Watched:
    """Sends, and remembers the status."""

    def __init__(self, send: Send, known: bytes) -> None:
        self._send, self._known, self.status = send, known, 0

    async def __call__(self, message: Message) -> None:
        """Pass it on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            message["headers"] = [*message["headers"], (b"x-request-id", self._known)]
        await self._send(message)


def note(scope: Scope, status: int, seconds: float) -> None:
    """Log and count; the operation is the handler's name, never the raw path."""
    operation = getattr(scope.get("endpoint"), "__name__", "unmatched")
    REQUESTS.labels(operation, scope["method"], status).inc()
    SECONDS.labels(operation).observe(seconds)
    if scope["path"] not in QUIET:
        fields = {"method": scope["method"], "path": scope["path"], "status": status}
        log.info("request", extra=fields | {"ms": round(seconds * 1000, 1)})
