"""What the ingress costs: no proxy, a bare HAProxy and ours, in alternating rounds of one run.

    python bench/ingress.py [SECONDS] [CLIENTS]

Absolute figures depend on the machine and on this program, which is slower than any of the three:
read the ratios.
"""

import asyncio
import contextlib
import os
import socket
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from seaway.model.instance import Address
from seaway.model.names import Digest, InstanceId, Name
from seaway.model.route import Rate, Route, Routing, Site, Upstream
from seaway.proxies.engine import Member, Setting
from seaway.proxies.haproxy import CONFIGURATION, HAProxy
from seaway.targets.local.parts.haproxy import HaproxyPart
from seaway.targets.local.parts.static import StaticPart

HOST = "bench.example"
REQUEST = f"GET /api/x HTTP/1.1\r\nHost: {HOST}\r\nAccept: */*\r\n\r\n".encode()
ROUNDS = 3
UPSTREAM = """
daemon off; pid {folder}/nginx.pid; error_log stderr error; worker_processes 1;
events {{ worker_connections 1024; }}
http {{ access_log off; keepalive_requests 1000000;
  server {{ listen 127.0.0.1:{port}; location / {{ return 200 "{body}"; }} }} }}
"""
BARE = """
global
  nbthread 1
defaults
  mode http
  timeout client 30s
  timeout server 30s
  timeout connect 5s
frontend public
  bind 127.0.0.1:{port}
  default_backend api
backend api
  http-reuse {reuse}
  {closing}
  server one 127.0.0.1:{upstream}
"""


class Client(asyncio.Protocol):
    """Asks again as soon as it is answered; keeps its connection, and notes how long it took."""

    def __init__(self, took: list[float]) -> None:
        self.took, self.over, self.got = took, False, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport
        self.ask()

    def ask(self) -> None:
        self.asked = time.perf_counter()
        self.transport.write(REQUEST)

    def data_received(self, data: bytes) -> None:
        self.got += data
        if self.got.endswith(b"eat more vegetables"):
            assert self.got.startswith(b"HTTP/1.1 200"), self.got
            self.took.append(time.perf_counter() - self.asked)
            self.got = b""
            if self.over:
                self.transport.close()
            else:
                self.ask()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ours(folder: Path, port: int, upstream: int) -> str:
    """The rendered configuration, with limits that never refuse."""
    address = Address(host="127.0.0.1", port=upstream)
    routes = (
        Route(path="/api/chat", to=Name("api"), stream=True),
        Route(path="/api", to=Name("api"), rate=Rate(count=1_000_000, burst=1_000_000)),
        Route(path="/ws", to=Name("api"), websocket=True),
        Route(path="/", to=Name("api")),
    )
    setting = Setting(
        folder=str(folder), sockets=str(folder), http=Address(host="127.0.0.1", port=port),
        members=(
            Member(instance=InstanceId("api-1"), workload=Name("api"), addresses={"http": address}),
        ),
        digest=Digest("bench"),
    )  # fmt: skip
    routing = Routing(
        sites=(Site(host=HOST, routes=routes),),
        upstreams=(Upstream(workload=Name("api"), port="http"),),
    )
    files = HAProxy().render(routing, setting)
    for name, text in files.items():
        (folder / name).write_text(text)
    return files[CONFIGURATION]


@contextlib.asynccontextmanager
async def started(*argv: str | Path, port: int) -> AsyncIterator[int]:
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(10):
            while True:
                with contextlib.suppress(OSError):
                    _, writer = await asyncio.open_connection("127.0.0.1", port)
                    writer.close()
                    break
                await asyncio.sleep(0.05)
        yield process.pid
    finally:
        process.terminate()
        await process.wait()


async def measured(port: int, seconds: float, clients: int) -> list[float]:
    took: list[float] = []
    loop = asyncio.get_running_loop()
    open_ = [
        (await loop.create_connection(lambda: Client(took), "127.0.0.1", port))[1]
        for _ in range(clients)
    ]
    await asyncio.sleep(seconds)
    for client in open_:
        client.over = True
    await asyncio.sleep(0.2)
    return took


def cpu(pid: int) -> float:
    """Seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def main(seconds: float, clients: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, upstream = Path(name), free_port()
        conf = folder / "nginx.conf"
        text = UPSTREAM.format(folder=folder, port=upstream, body="eat more vegetables")
        conf.write_text(text)
        nginx = StaticPart().find("").programs["nginx"]
        haproxy = HaproxyPart().find("").programs["haproxy"]
        async with contextlib.AsyncExitStack() as stack:
            start = started(nginx, "-e", "stderr", "-p", folder, "-c", conf, port=upstream)
            ways = {"no proxy": (upstream, await stack.enter_async_context(start))}
            for way, reuse, closing in (
                ("bare HAProxy", "always", ""),
                ("bare, closing", "never", "option http-server-close"),
                ("ours", "", ""),
            ):
                port, file = free_port(), folder / f"{way}.cfg"
                config = BARE.format(port=port, reuse=reuse, closing=closing, upstream=upstream)
                file.write_text(config if reuse else ours(folder, port, upstream))
                start = started(haproxy, "-db", "-f", file, port=port)
                ways[way] = (port, await stack.enter_async_context(start))
            await compare(ways, seconds, clients)


async def compare(ways: dict[str, tuple[int, int]], seconds: float, clients: int) -> None:
    took: dict[str, list[float]] = {way: [] for way in ways}
    used = dict.fromkeys(ways, 0.0)
    for _ in range(ROUNDS):
        for way, (port, pid) in ways.items():
            before = cpu(pid)
            took[way] += await measured(port, seconds, clients)
            used[way] += cpu(pid) - before
    first = statistics.median(took["bare HAProxy"])
    print(f"{'':<15}{'requests/s':>12}{'median ms':>11}{'p99 ms':>9}{'CPU us':>9}{'of bare':>9}")
    for way, times in took.items():
        middle, high = statistics.median(times), statistics.quantiles(times, n=100)[98]
        rate, each = len(times) / seconds / ROUNDS, used[way] / len(times) * 1e6
        cost = "" if way == "no proxy" else f"{each:9.0f}"
        line = f"{way:<15}{rate:12.0f}{middle * 1e3:11.2f}{high * 1e3:9.2f}{cost:>9}"
        print(f"{line}{middle / first:9.2f}")


if __name__ == "__main__":
    arguments = [*sys.argv[1:], *("4", "8")[len(sys.argv) - 1 :]]
    asyncio.run(main(float(arguments[0]), int(arguments[1])))
