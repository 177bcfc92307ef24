"""App: which request goes where: models, health, metrics, administration."""

from collections.abc import Mapping

import orjson

from seaway.ai.gateway.admin import START, Admin
from seaway.ai.gateway.asked import PATHS
from seaway.ai.gateway.calling import Caller
from seaway.ai.gateway.direct import Direct
from seaway.ai.gateway.front import REASONS, Front, Rest
from seaway.ai.gateway.metrics import Cell, Gauge, Metrics, note
from seaway.ai.gateway.reading import Request
from seaway.ai.gateway.refusal import only
from seaway.ai.gateway.serving import Serving
from seaway.ai.gateway.settings import Settings
from seaway.ai.gateway.store import Store
from seaway.ai.gateway.usage import Accounts
from seaway.serving.refusal import Refusal

_MODELS = tuple(f"/v1{path}" for path in PATHS)
_SHORT = {f"/v1{path}".encode(): path for path in PATHS}
_SHOWN = frozenset({*_MODELS, "/v1/models"})
_TEXT = b"content-type: text/plain; version=0.0.4; charset=utf-8\r\n"
_STATES = {"closed": 0.0, "half-open": 0.5, "open": 1.0}


class App:
    """The whole gateway of one process."""

    def __init__(
        self, told: Settings, environ: Mapping[str, str], callers: Mapping[str, Caller],
        store: Store | None,
    ) -> None:  # fmt: skip
        self.largest = told.body
        self.metrics = Metrics(Accounts(told.name, store))
        self.store, self._callers = store, callers
        self.serving = Serving(told, environ, callers, store, self.metrics)
        self._admin = Admin(self.serving, environ.get(told.admin_from, ""))
        self.ending = False
        self._cells: dict[tuple[bytes, bytes, int], tuple[Cell, Cell]] = {}
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

    def at_once(self, request: Request, reply: Front) -> Direct | None:
        """Nearly all requests are answered so."""
        path = _SHORT.get(request.target)
        if path is None or request.method != b"POST":
            return None
        return self.serving.at_once(path, request, reply, self._over)

    def _over(self, request: Request, reply: Front) -> None:
        self._count(request.target, request, reply)
        reply.over(request)

    async def handle(self, request: Request, reply: Front, rest: Rest | None) -> None:
        """Answer one request, whatever becomes of it."""
        path = request.path
        try:
            if rest:
                await rest()
            elif path in _MODELS:
                only(request.method, b"POST")
                await self.serving.answer(path[3:], request, reply)
            else:
                await self._other(path, request, reply)
        except Refusal as refusal:
            reply.whole(_known(refusal.status), refusal.body, refusal.headers)
        finally:
            self._count(path.encode("latin-1"), request, reply)

    def _count(self, path: bytes, request: Request, reply: Front) -> None:
        if not reply.status:
            self.metrics.cancelled.add()
        cells = self._cells.get((path, request.method, reply.status))
        if cells is None:
            cells = self._counted(path, request.method, reply.status)
        cells[0][0] += 1
        note(cells[1], reply.now() - request.since)

    def _counted(self, path: bytes, method: bytes, status: int) -> tuple[Cell, Cell]:
        """Where that is counted, kept for the paths that are asked for often."""
        told = path.decode("latin-1")
        shown = told if told in _SHOWN else "other"
        name = method.decode("latin-1"), shown, str(status or 499)
        cells = self.metrics.requests.cell(*name), self.metrics.duration.row(shown)
        if shown == told:
            self._cells[path, method, status] = cells
        return cells

    async def _other(self, path: str, request: Request, reply: Front) -> None:
        match path:
            case "/livez" | "/health" | "/healthz":
                reply.whole(200, b'{"status":"ok"}')
            case "/readyz":
                self._ready(reply)
            case "/metrics":
                reply.whole(200, self.metrics.text(), _TEXT)
            case "/v1/models":
                only(request.method, b"GET")
                await self.serving.keys.client(request.headers.get(b"authorization", b""))
                reply.whole(200, self._models())
            case _ if path.startswith(START):
                reply.whole(200, await self._admin.answer(path, request))
            case _:
                raise Refusal(404, "unknown_url", "There is nothing here.")

    def _ready(self, reply: Front) -> None:
        """Ready to be asked; without its store it answers, and says what it cannot do."""
        state = {name: each.health.state for name, each in self._callers.items()}
        store = "none" if self.store is None else "up" if self.store.up else "gone"
        body = orjson.dumps({"status": "ending" if self.ending else "ok", "store": store,
                             "providers": state})  # fmt: skip
        reply.whole(503 if self.ending else 200, body)

    def _models(self) -> bytes:
        rows = [{"id": name, "object": "model", "created": 0, "owned_by": "seaway"}
                for name in self.serving.routes.names]  # fmt: skip
        return orjson.dumps({"object": "list", "data": rows})

    def close(self) -> None:
        """Connections to providers that are not in use."""
        for each in self._callers.values():
            each.close()


def _known(status: int) -> int:
    return status if status in REASONS else 502
