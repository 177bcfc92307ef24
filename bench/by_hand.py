"""By hand: releases behind nginx, HAProxy or Caddy as people do them; see rollouts."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.faults.torture.town import Connection, free_port  # noqa: E402

APP = ROOT / "tests" / "faults" / "torture" / "rude_app.py"
COPIES = 2
DRAIN = 6.0
"""Seconds that a proxy may take to be done with an old copy."""
GRACE = 10.0
"""Seconds from SIGTERM to SIGKILL."""
MANNERS = "finish"
GOOD = 200
SESSIONS, STATUS = 4, 17
"""Columns of HAProxy's `show stat`."""

NGINX = """\
daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log; worker_processes 2;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2;
  fastcgi_temp_path {folder}/t3; uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  map $http_upgrade $connection_wish {{ default upgrade; '' close; }}
  upstream api {{ {servers} }}
  server {{ listen 127.0.0.1:{port}; location / {{
    proxy_pass http://api; proxy_http_version 1.1; proxy_buffering off; proxy_read_timeout 1h;
    proxy_set_header Upgrade $http_upgrade; proxy_set_header Connection $connection_wish;
  }} }}
}}
"""
HAPROXY = """\
global
  {stats}
defaults
  mode http
  timeout connect 5s
  timeout client 1m
  timeout server 1m
  timeout tunnel 1h
{resolvers}
frontend public
  bind {bind}
  default_backend api
backend api
{servers}
"""
CADDY = """\
{{
  admin localhost:{admin}
  auto_https off
}}
http://:{port} {{
  bind 127.0.0.1
  reverse_proxy {servers} {{
    flush_interval -1
    lb_try_duration {patience}
  }}
}}
"""


@dataclass(frozen=True)
class Site:
    """One contender at work."""

    port: int
    effects: Path
    release: Callable[[int], Awaitable[None]]
    """Return when the release of that number is the only one, and nothing is left of the last."""
    done: Callable[[], Awaitable[None]] | None = None


@dataclass
class Copies:
    """Processes of the application, each at a port of its own."""

    folder: Path
    running: dict[int, asyncio.subprocess.Process] = field(
        default_factory=dict[int, asyncio.subprocess.Process]
    )

    async def start(self, version: int, port: int = 0) -> int:
        """One that answers; its port."""
        port = port or free_port()
        env = {
            **os.environ, "HOST": "127.0.0.1", "PORT": str(port), "VERSION": str(version),
            "MANNERS": MANNERS, "EFFECTS": str(self.folder / "effects"),
        }  # fmt: skip
        self.running[port] = await asyncio.create_subprocess_exec(sys.executable, APP, env=env)
        await answers(port)
        return port

    async def end(self, port: int) -> None:
        process = self.running.pop(port)
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), GRACE)
        except TimeoutError:
            process.kill()
            await process.wait()

    async def end_all(self) -> None:
        await asyncio.gather(*map(self.end, list(self.running)))


async def answers(port: int, limit: float = 30.0) -> None:
    """Return once it does."""
    async with asyncio.timeout(limit):
        while True:
            with suppress(OSError, EOFError):
                connection = await Connection.to(port)
                answer = await connection.ask("GET", "/readyz")
                connection.close()
                if answer.status == GOOD:
                    return
            await asyncio.sleep(0.05)


async def idle(ports: Sequence[int]) -> None:
    """Until nobody is connected to them, or the time to drain is over."""
    end = time.monotonic() + DRAIN
    while time.monotonic() < end and any(map(_connected, ports)):  # noqa: ASYNC110 -- a file
        await asyncio.sleep(0.05)


def _connected(port: int) -> bool:
    rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
    return any(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


# ------------------------------------------------------------------------------- the proxies


@dataclass
class Proxy:
    """A proxy that somebody runs by hand."""

    folder: Path
    port: int = field(default_factory=free_port)
    admin: int = field(default_factory=free_port)
    patience: str = "0"
    process: asyncio.subprocess.Process | None = None

    def write(self, ports: Sequence[int]) -> None:
        raise NotImplementedError

    def argv(self) -> Sequence[str]:
        raise NotImplementedError

    async def reload(self) -> None:
        raise NotImplementedError

    async def start(self) -> None:
        env = {**os.environ, "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}
        with (self.folder / "proxy.log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.argv(), env=env, stdout=log, stderr=log
            )
        await answers(self.port)

    async def stop(self) -> None:
        if self.process and self.process.returncode is None:
            self.process.terminate()
            await self.process.wait()


class Nginx(Proxy):
    """Old workers serve on what they have in hand."""

    def write(self, ports: Sequence[int]) -> None:
        servers = " ".join(f"server 127.0.0.1:{port};" for port in ports)
        text = NGINX.format(folder=self.folder, port=self.port, servers=servers)
        (self.folder / "nginx.conf").write_text(text)

    def argv(self) -> Sequence[str]:
        where = str(self.folder)
        return ("nginx", "-p", where, "-e", f"{where}/error.log", "-c", f"{where}/nginx.conf")

    async def reload(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)


class HAProxy(Proxy):
    """Old workers too; or all is done by its socket, and nothing is reloaded."""

    def write(self, ports: Sequence[int]) -> None:
        """The plain one: no checks, what many begin with."""
        self.put("".join(f"  server s{port} 127.0.0.1:{port}\n" for port in ports))

    def put(self, servers: str) -> None:
        stats = f"stats socket {self.folder}/sock level admin expose-fd listeners"
        (self.folder / "haproxy.cfg").write_text(HAPROXY.format(
            stats=stats, bind=f"127.0.0.1:{self.port}", servers=servers, resolvers=""
        ))  # fmt: skip

    def argv(self) -> Sequence[str]:
        return ("haproxy", "-W", "-f", f"{self.folder}/haproxy.cfg")

    async def reload(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGUSR2)

    async def order(self, words: str) -> str:
        reader, writer = await asyncio.open_unix_connection(f"{self.folder}/sock")
        writer.write(f"{words}\n".encode())
        said = (await reader.read()).decode()
        writer.close()
        return said

    async def state(self, server: str) -> tuple[int, str]:
        """How many sessions it has in hand, and what its check says."""
        for line in (await self.order("show stat -1 4 -1")).splitlines():
            cells = line.split(",")
            if len(cells) > STATUS and cells[1] == server:
                return int(cells[SESSIONS]), cells[STATUS]
        return 0, ""


class Caddy(Proxy):
    """One process, told of its new file."""

    def write(self, ports: Sequence[int]) -> None:
        servers = " ".join(f"127.0.0.1:{port}" for port in ports)
        (self.folder / "Caddyfile").write_text(CADDY.format(
            admin=self.admin, port=self.port, servers=servers, patience=self.patience
        ))  # fmt: skip

    def argv(self) -> Sequence[str]:
        return ("caddy", "run", *self._file)

    @property
    def _file(self) -> tuple[str, ...]:
        return ("--config", f"{self.folder}/Caddyfile", "--adapter", "caddyfile")

    async def reload(self) -> None:
        words = ("caddy", "reload", *self._file, "--address", f"localhost:{self.admin}")
        process = await asyncio.create_subprocess_exec(
            *words, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
        )
        if await process.wait():
            raise RuntimeError("caddy did not reload")


@asynccontextmanager
async def naive(kind: type[Proxy], folder: Path) -> AsyncIterator[Site]:
    """Stop an old one, start a new one, reload; then the next."""
    (folder / "effects").touch()
    copies, proxy = Copies(folder), kind(folder)
    ports = [await copies.start(0) for _ in range(COPIES)]

    async def release(version: int) -> None:
        for number, port in enumerate(list(ports)):
            await copies.end(port)
            ports[number] = await copies.start(version)
            proxy.write(ports)
            await proxy.reload()
        await asyncio.sleep(0.5)

    async with _proxied(copies, proxy, ports):
        yield Site(proxy.port, folder / "effects", release)


@asynccontextmanager
async def drained(kind: type[Proxy], folder: Path) -> AsyncIterator[Site]:
    """The new ones are there before the proxy changes to them, the old ones until it is done."""
    (folder / "effects").touch()
    copies, proxy = Copies(folder), kind(folder, patience="5s")
    ports = [await copies.start(0) for _ in range(COPIES)]

    async def release(version: int) -> None:
        old = list(ports)
        ports[:] = [await copies.start(version) for _ in range(COPIES)]
        proxy.write(ports)
        await proxy.reload()
        await asyncio.sleep(0.5)  # it forks, or loads, after it has said yes
        await idle(old)
        await asyncio.gather(*map(copies.end, old))

    async with _proxied(copies, proxy, ports):
        yield Site(proxy.port, folder / "effects", release)


@asynccontextmanager
async def drained_haproxy(folder: Path) -> AsyncIterator[Site]:
    """By its own socket, with checks, and places for twice as many: nothing is reloaded."""
    (folder / "effects").touch()
    copies, proxy = Copies(folder), HAProxy(folder)
    places = [(color, [free_port() for _ in range(COPIES)]) for color in "ab"]
    checks = "  option httpchk GET /readyz\n  option redispatch\n"
    proxy.put(checks + "".join(
        f"  server {color}{number} 127.0.0.1:{port} check inter 200ms"
        f"{'' if color == 'a' else ' disabled'}\n"
        for color, ports in places for number, port in enumerate(ports)
    ))  # fmt: skip
    for port in places[0][1]:
        await copies.start(0, port)

    async def release(version: int) -> None:
        (old, old_ports), (new, new_ports) = places
        for number, port in enumerate(new_ports):
            await copies.start(version, port)
            await proxy.order(f"set server api/{new}{number} state ready")
        await until(lambda: _all(proxy, new, lambda said: said[1] == "UP"), 10.0)
        for number in range(COPIES):
            await proxy.order(f"set server api/{old}{number} state drain")
        await until(lambda: _all(proxy, old, lambda said: said[0] == 0), DRAIN)
        await asyncio.gather(*map(copies.end, old_ports))
        for number in range(COPIES):
            await proxy.order(f"set server api/{old}{number} state maint")
        places.reverse()

    async with _proxied(copies, proxy, ()):
        yield Site(proxy.port, folder / "effects", release)


async def _all(proxy: HAProxy, color: str, true: Callable[[tuple[int, str]], bool]) -> bool:
    return all([true(await proxy.state(f"{color}{number}")) for number in range(COPIES)])


async def until(true: Callable[[], Awaitable[bool]], limit: float) -> None:
    end = time.monotonic() + limit
    while time.monotonic() < end and not await true():  # noqa: ASYNC110 -- nobody tells
        await asyncio.sleep(0.05)


@asynccontextmanager
async def _proxied(copies: Copies, proxy: Proxy, ports: Sequence[int]) -> AsyncIterator[None]:
    try:
        if ports:
            proxy.write(ports)
        await proxy.start()
        yield
    finally:
        await proxy.stop()
        await copies.end_all()
