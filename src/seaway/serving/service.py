"""Service: endpoints behind a key, with what every program has: health, metrics, errors in JSON."""

import asyncio
import gc
import hmac
import re
import signal
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import TypeVar
from urllib.parse import unquote

import msgspec
import orjson
import uvloop

from seaway.serving.front import Front, Request, watch
from seaway.serving.metrics import Counter, Histogram, text
from seaway.serving.refusal import Refusal

T = TypeVar("T")
Endpoint = Callable[[Request, Front], Awaitable[None]]
BACKLOG = 1024
YOUNG = 10_000
"""Things made before the collector looks through them: a request makes about fifty."""
LEAVING = 0.5
"""Seconds in which a balancer learns that no more requests are wanted."""
_TEXT = b"content-type: text/plain; version=0.0.4; charset=utf-8\r\n"
_NAMED = re.compile(r"\{(\w+)\}")


class Service:
    """Answers `GET /v1/things/{id}` and the like; the parts in braces are in `request.named`."""

    def __init__(
        self, keys: Iterable[str], endpoints: Mapping[str, Endpoint], *, largest: int = 2**20,
        metrics: Iterable[Counter | Histogram] = (), well: Callable[[], bool] = lambda: True,
    ) -> None:  # fmt: skip
        self.largest = largest
        self.bodies = 0
        self.ending = False
        self._well = well
        """Whether it is ready; what it says must be cheap."""
        self._keys = tuple(each.encode() for each in keys)
        self._endpoints = [(*_pattern(each), endpoint) for each, endpoint in endpoints.items()]
        self._plain = {
            (method, path): each for method, path, _, each in self._endpoints if "{" not in path
        }
        self.requests = Counter("http_requests_total", "Answered requests.",
                                ("method", "path", "status"))  # fmt: skip
        self.duration = Histogram("http_request_duration_seconds", "From request to last byte.",
                                  ("path",))  # fmt: skip
        self._metrics = (self.requests, self.duration, *metrics)

    async def handle(self, request: Request, reply: Front) -> None:
        """Answer one request, whatever becomes of it."""
        shown = "other"
        try:
            path = request.path
            if not self._own(path, reply):
                shown, endpoint = self._found(request, path)
                self._let_in(request)
                await endpoint(request, reply)
        except Refusal as refusal:
            self._refused(refusal, reply)
        except ConnectionError:
            raise
        except Exception:  # noqa: BLE001 -- the loop's edge: one request fails, the others go on
            sys.stderr.write(traceback.format_exc())
            self._refused(_FAILED, reply)
        finally:
            method = request.method.decode("latin-1")
            self.requests.add(method, shown, str(reply.status or 499))
            self.duration.note(reply.now() - request.since, shown)

    def _own(self, path: str, reply: Front) -> bool:
        match path:
            case "/livez" | "/health" | "/healthz":
                reply.whole(200, b'{"status":"ok"}')
            case "/readyz" if self.ending or not self._well():
                reply.whole(503, b'{"status":"not ready"}')
            case "/readyz":
                reply.whole(200, b'{"status":"ok"}')
            case "/metrics":
                reply.whole(200, text(self._metrics), _TEXT)
            case _:
                return False
        return True

    def _found(self, request: Request, path: str) -> tuple[str, Endpoint]:
        if plain := self._plain.get((request.method, path)):
            return path, plain
        known = False
        for method, told, pattern, endpoint in self._endpoints:
            if found := pattern.fullmatch(path):
                known = True
                if method == request.method:
                    request.named = {key: unquote(each) for key, each in found.groupdict().items()}
                    return told, endpoint
        if known:
            raise Refusal(405, "method_not_allowed", "This can be done by another method only.")
        raise Refusal(404, "unknown_url", "There is nothing here.")

    def _let_in(self, request: Request) -> None:
        scheme, _, given = request.headers.get(b"authorization", b"").partition(b" ")
        good = [hmac.compare_digest(given, each) for each in self._keys]
        if scheme.lower() != b"bearer" or not any(good):
            raise Refusal(401, "invalid_api_key", "The key is missing, or it is not known here.")

    @staticmethod
    def _refused(refusal: Refusal, reply: Front) -> None:
        """As an answer; where one has begun already, it can only be broken off."""
        if reply.begun:
            raise ConnectionAbortedError
        reply.whole(refusal.status, refusal.body, refusal.headers)


_FAILED = Refusal(500, "internal_error", "This failed by a mistake of the service.")


def _pattern(told: str) -> tuple[bytes, str, re.Pattern[str]]:
    method, _, path = told.partition(" ")
    parts = _NAMED.split(path)
    regex = "".join(
        f"(?P<{each}>[^/]+)" if number % 2 else re.escape(each) for number, each in enumerate(parts)
    )
    return method.encode(), path, re.compile(regex)


def decoded(request: Request, form: type[T]) -> T:
    """The body, as JSON of this form.

    Raises:
        Refusal: 400, with what is wrong.
    """
    try:
        return msgspec.json.decode(request.body, type=form)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise Refusal(400, "invalid_json", f"The body is not as expected: {error}") from error


def answer(reply: Front, told: object, status: int = 200) -> None:
    """Send it as JSON."""
    reply.whole(status, orjson.dumps(told, option=orjson.OPT_SERIALIZE_NUMPY))


def run(opened: AbstractAsyncContextManager[Service], host: str, port: int) -> None:
    """Answer until SIGTERM or SIGINT; then finish what is under way."""
    uvloop.run(_serve(opened, host, port))


async def _serve(opened: AbstractAsyncContextManager[Service], host: str, port: int) -> None:
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, over.set)
    fronts = set[Front]()
    async with opened as service:
        gc.set_threshold(YOUNG)
        gc.freeze()  # what is there now stays: it need not be looked through again and again
        server = await loop.create_server(
            lambda: Front(service, loop, fronts), host, port, backlog=BACKLOG
        )
        watching = loop.create_task(watch(fronts))
        try:
            await over.wait()
            service.ending = True
            await asyncio.sleep(LEAVING)
        finally:
            watching.cancel()
            server.close()
        while fronts:  # who started this program limits the time
            for front in tuple(fronts):
                front.hang_up()
            await asyncio.sleep(0.05)
