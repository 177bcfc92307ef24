"""A stand to try the ingress on: a real proxy, real listeners behind it, a folder of its own."""

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx2

from seaway.model.instance import Address, Instance, Phase
from seaway.model.names import Digest, InstanceId, Name
from seaway.model.route import Route, Routing, Site, Upstream
from seaway.model.workload import Server, Workload
from seaway.targets.local.part import Found, NotReady, Placement
from seaway.targets.local.parts.haproxy import HaproxyPart, _version
from seaway.targets.local.proxy_files import VOLUME
from seaway.targets.local.traffic import ProxyTraffic, ServicePorts

STACK = Name("lantern")
HOST = "lantern.example.com"
Respond = Callable[["Request", asyncio.StreamWriter], Awaitable[None]]


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep_until(self, when: datetime) -> None:
        await asyncio.sleep(max(0.0, (when - self.now()).total_seconds()))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    reader: asyncio.StreamReader


@dataclass(slots=True)
class Backend:
    """A small HTTP server that remembers what it was asked."""

    name: str
    respond: Respond
    port: int = 0
    seen: list[Request] = field(default_factory=list)
    _server: asyncio.Server | None = None
    _open: set[asyncio.StreamWriter] = field(default_factory=set)

    async def start(self) -> "Backend":
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        """Like a process that dies: the port closes, and every connection with it."""
        if self._server:
            self._server.close()
            for writer in list(self._open):
                writer.transport.abort()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(1):
                    await self._server.wait_closed()
            self._server = None

    @property
    def requests(self) -> list[Request]:
        return [each for each in self.seen if each.headers.get("user-agent") != "seaway-check"]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open.add(writer)
        try:
            while request := await _request(reader):
                self.seen.append(request)
                await self.respond(request, writer)
                await writer.drain()
                if writer.is_closing():
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._open.discard(writer)
            writer.close()

    def instance(self, workload: str = "api") -> Instance:
        now = datetime.now(UTC)
        return Instance(
            id=InstanceId(self.name), stack=STACK, workload=Name(workload), digest=Digest("d"),
            phase=Phase.READY, since=now, created=now,
            addresses={"http": Address(host="127.0.0.1", port=self.port)},
        )  # fmt: skip


async def _request(reader: asyncio.StreamReader) -> Request | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    first, *lines = head.rstrip("\r\n").split("\r\n")
    method, path, _ = first.split(" ", 2)
    headers = {name.lower(): value.strip() for name, _, value in
               (line.partition(":") for line in lines)}  # fmt: skip
    return Request(method, path, headers, await _body(reader, headers), reader)


async def _body(reader: asyncio.StreamReader, headers: Mapping[str, str]) -> bytes:
    if headers.get("transfer-encoding") == "chunked":
        body = b""
        while size := int((await reader.readuntil(b"\n")).split(b";")[0], 16):
            body += await reader.readexactly(size)
            await reader.readline()
        await reader.readline()
        return body
    return await reader.readexactly(int(headers.get("content-length", "0")))


def answer(status: int = 200, body: bytes = b"", headers: Mapping[str, str] | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def says(body: bytes = b"", status: int = 200, **headers: str) -> Respond:
    """A backend that always says the same."""
    given = {name.replace("_", "-"): value for name, value in headers.items()}

    async def respond(_: Request, writer: asyncio.StreamWriter) -> None:
        writer.write(answer(status, body, given))

    return respond


def echoes_its_name(name: str) -> Respond:
    return says(name.encode(), Content_Type="text/plain")


@dataclass(slots=True)
class Stand:
    """A running ingress."""

    traffic: ProxyTraffic
    place: Placement
    process: asyncio.subprocess.Process
    log: list[str]
    folder: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.place.ports['http']}"

    @property
    def https(self) -> str:
        return f"https://127.0.0.1:{self.place.ports['https']}"

    def client(self, **options: object) -> httpx2.AsyncClient:
        options.setdefault("headers", {"Host": HOST})
        options.setdefault("timeout", 15)
        limits = httpx2.Limits(max_connections=None, max_keepalive_connections=None)
        options.setdefault("base_url", self.url)
        return httpx2.AsyncClient(trust_env=False, limits=limits, **options)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.place.ports["http"])

    async def admit(self, *backends: Backend, workload: str = "api") -> None:
        for backend in backends:
            await self.traffic.admit(backend.instance(workload))

    def config(self) -> str:
        return (self.place.volumes[VOLUME] / "haproxy.cfg").read_text()


def routing(
    *routes: Route, upstreams: tuple[Upstream, ...] = (), trusted: tuple[str, ...] = (),
    **site: object,
) -> Routing:  # fmt: skip
    routes = routes or (Route(path="/", to=Name("api")),)
    named = {route.to for route in routes}
    return Routing(
        sites=(Site(host=HOST, routes=routes, **site),),
        upstreams=upstreams or tuple(Upstream(workload=n, port="http") for n in sorted(named)),
        trusted_proxies=trusted,
    )


def found() -> Found:
    """The packaged engine, or the one a tester names."""
    if other := os.environ.get("SEAWAY_TEST_HAPROXY"):
        program = Path(other)
        return Found(version=_version(program), origin=other, programs={"haproxy": program})
    return HaproxyPart().find("")


def placement(folder: Path) -> Placement:
    run, volume = folder / "run", folder / "volume"
    for each in (run, volume):
        each.mkdir(mode=0o700, exist_ok=True)
    server = Server(part="haproxy")
    return Placement(
        instance=InstanceId("ingress-1"), server=server, folder=run, volumes={VOLUME: volume},
        workload=Workload(name=Name("ingress"), component=Name("ingress"), program=server),
        host="127.0.0.1", ports={"http": free_port(), "https": free_port()}, env={},
        found=found(),
    )  # fmt: skip


@contextlib.asynccontextmanager
async def running(folder: Path, given: Routing) -> AsyncIterator[Stand]:
    """A proxy with that routing, started as the target does it, and ended whatever happens."""
    place = placement(folder)
    services = ServicePorts(folder / "services.json", "127.0.0.1", free_port)
    traffic = ProxyTraffic(
        place, stack=STACK, services=services, certificates=folder / "certificates",
        clock=SystemClock(),
    )  # fmt: skip
    await traffic.prepare(given)
    async with started(place, traffic, folder) as stand:
        yield stand


@contextlib.asynccontextmanager
async def started(place: Placement, traffic: ProxyTraffic, folder: Path) -> AsyncIterator[Stand]:
    part = HaproxyPart()
    process = await asyncio.create_subprocess_exec(
        *part.launch(place).argv, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    log: list[str] = []
    reading = asyncio.create_task(_read(process, log))
    try:
        await _ready(part, place, log)
        yield Stand(traffic, place, process, log, folder)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        await process.wait()
        await reading


async def _read(process: asyncio.subprocess.Process, log: list[str]) -> None:
    while process.stdout and (line := await process.stdout.readline()):
        log.append(line.decode().rstrip())


async def _ready(part: HaproxyPart, place: Placement, log: list[str]) -> None:
    async with asyncio.timeout(15):
        while True:
            try:
                return await part.ready(place)
            except NotReady as error:
                if any("ALERT" in line for line in log):
                    raise AssertionError("\n".join(log)) from error
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def backends(*given: Backend) -> AsyncIterator[tuple[Backend, ...]]:
    try:
        for each in given:
            await each.start()
        yield given
    finally:
        for each in given:
            await each.stop()


async def until(holds: Callable[[], Awaitable[bool]], limit: float = 10) -> None:
    """Wait for what the outside tells nobody of."""
    async with asyncio.timeout(limit):
        while not await holds():  # noqa: ASYNC110 -- nothing else tells
            await asyncio.sleep(0.02)
