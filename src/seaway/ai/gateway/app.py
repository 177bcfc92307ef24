"""App: which request goes where: models, health, metrics, administration."""

import hmac
from collections.abc import Mapping

import msgspec
import orjson

from seaway.ai.gateway.asked import PATHS
from seaway.ai.gateway.calling import Caller
from seaway.ai.gateway.front import REASONS, Front, Request
from seaway.ai.gateway.metrics import Gauge, Metrics
from seaway.ai.gateway.refusal import Refusal
from seaway.ai.gateway.serving import Serving
from seaway.ai.gateway.settings import Limits, Settings
from seaway.ai.gateway.store import Store

_MODELS = tuple(f"/v1{path}" for path in PATHS)
_SHOWN = frozenset({*_MODELS, "/v1/models"})
_TEXT = b"content-type: text/plain; version=0.0.4; charset=utf-8\r\n"
_STATES = {"closed": 0.0, "half-open": 0.5, "open": 1.0}


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """A client that is to get a key."""

    name: str
    limits: Limits = Limits()


class App:
    """The whole gateway of one process."""

    def __init__(
        self, told: Settings, environ: Mapping[str, str], callers: Mapping[str, Caller],
        store: Store | None,
    ) -> None:  # fmt: skip
        self.largest = told.body
        self.metrics = Metrics()
        self._told, self._store, self._callers = told, store, callers
        self._admin = environ.get(told.admin_from, "")
        self.serving = Serving(told, environ, callers, store, self.metrics)
        self.ending = False
        self.metrics.gauges += [
            Gauge("ai_breaker_open", "1 where calls are not made, 0.5 where one is being tried.",
                  lambda: {(name,): _STATES[each.health.state]
                           for name, each in callers.items()}, ("provider",)),
            Gauge("ai_calls_under_way", "Calls of providers.",
                  lambda: {(name,): float(each.health.busy)
                           for name, each in callers.items()}, ("provider",)),
            Gauge("ai_store_up", "1 while Redis answers.",
                  lambda: {(): float(store.up)} if store else {}),
        ]  # fmt: skip

    async def handle(self, request: Request, reply: Front) -> None:
        """Answer one request, whatever becomes of it."""
        path = request.path
        try:
            if path in _MODELS:
                self._only(request, b"POST")
                await self.serving.answer(path[3:], request, reply)
            else:
                await self._other(path, request, reply)
        except Refusal as refusal:
            reply.whole(_known(refusal.status), refusal.body, refusal.headers)
        finally:
            self._count(path, request, reply)

    def _count(self, path: str, request: Request, reply: Front) -> None:
        shown = path if path in _SHOWN else "other"
        if not reply.status:
            self.metrics.cancelled.add()
        method = request.method.decode("latin-1")
        self.metrics.requests.add(method, shown, str(reply.status or 499))
        self.metrics.duration.note(reply.now() - request.since, shown)

    async def _other(self, path: str, request: Request, reply: Front) -> None:
        match path:
            case "/livez" | "/health" | "/healthz":
                reply.whole(200, b'{"status":"ok"}')
            case "/readyz":
                self._ready(reply)
            case "/metrics":
                reply.whole(200, self.metrics.text(), _TEXT)
            case "/v1/models":
                self._only(request, b"GET")
                await self.serving.keys.client(request.headers.get(b"authorization", b""))
                reply.whole(200, self._models())
            case "/admin/clients":
                await self._clients(request, reply)
            case _ if path.startswith("/admin/clients/"):
                await self._revoke(path.rpartition("/")[2], request, reply)
            case _:
                raise Refusal(404, "unknown_url", "There is nothing here.")

    def _ready(self, reply: Front) -> None:
        """Ready to be asked; without its store it answers, and says what it cannot do."""
        state = {name: each.health.state for name, each in self._callers.items()}
        store = "none" if self._store is None else "up" if self._store.up else "gone"
        body = orjson.dumps({"status": "ending" if self.ending else "ok", "store": store,
                             "providers": state})  # fmt: skip
        reply.whole(503 if self.ending else 200, body)

    def _models(self) -> bytes:
        rows = [{"id": name, "object": "model", "created": 0, "owned_by": "seaway"}
                for name in self.serving.routes.names]  # fmt: skip
        return orjson.dumps({"object": "list", "data": rows})

    async def _clients(self, request: Request, reply: Front) -> None:
        self._only_admin(request)
        if request.method == b"GET":
            names = [*self._told.clients, *await self.serving.keys.names()]
            reply.whole(200, orjson.dumps({"clients": names}))
            return
        self._only(request, b"POST")
        try:
            wanted = msgspec.json.decode(request.body, type=Wanted)
        except (msgspec.DecodeError, msgspec.ValidationError) as error:
            raise Refusal(400, "invalid_json", str(error)) from error
        key = await self.serving.keys.make(wanted.name, wanted.limits)
        reply.whole(200, orjson.dumps({"name": wanted.name, "key": key}))

    async def _revoke(self, name: str, request: Request, reply: Front) -> None:
        self._only_admin(request)
        self._only(request, b"DELETE")
        if not await self.serving.keys.revoke(name):
            raise Refusal(404, "unknown_client", "There is no such client that could be removed.")
        reply.whole(200, b'{"status":"ok"}')

    def _only_admin(self, request: Request) -> None:
        given = request.headers.get(b"authorization", b"")
        wanted = f"Bearer {self._admin}".encode()
        if not self._admin or not hmac.compare_digest(given, wanted):
            raise Refusal(401, "invalid_api_key", "The key of the administration is needed.")

    @staticmethod
    def _only(request: Request, method: bytes) -> None:
        if request.method != method:
            raise Refusal(405, "method_not_allowed", f"Use {method.decode()}.")


def _known(status: int) -> int:
    return status if status in REASONS else 502
