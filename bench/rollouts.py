"""What a release costs those who are asking: Seaway beside proxies by hand, and beside Compose.

    python bench/rollouts.py [RELEASES [ROUNDS [WORD OF A CONTENDER...]]]

Two copies of one small application, which finishes what it has in hand when it is to end; half of
the requests are payments, a fifth of them are held back in the middle, and streams of events and
websockets are open beside them. Every contender releases a new version so many times, in turns.

Naive: one copy after the other is ended, started anew elsewhere, and the proxy is reloaded.
Drained: both new copies are ready before the proxy hears of them, and the old ones are ended when
the proxy is done with them, or when the time to drain is over. nginx,
HAProxy and Caddy (Debian's packages), and docker-compose, are taken from PATH; whoever is not there
is left out. Two of the rows need an engine with the base image.
"""

import asyncio
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from by_hand import (
    APP,
    COPIES,
    DRAIN,
    HAPROXY,
    MANNERS,
    Caddy,
    HAProxy,
    Nginx,
    Site,
    answers,
    drained,
    drained_haproxy,
    naive,
    until,
)

from seaway.ports.ledger import Verdict
from seaway.targets.local.parts.haproxy import HaproxyPart
from tests.faults.torture.containers import engine_there, noting
from tests.faults.torture.streams import Audience
from tests.faults.torture.town import Load, free_port, town
from tests.faults.torture.trial import Trial, share

CLIENTS, LISTENERS = 10, 4
STREAM = 3
"""Seconds that a stream lasts; it ends well before the time to drain does."""
QUIET, BETWEEN = 3.0, 1.0
"""Seconds of load before the first release and after each."""
COMPOSE = """\
name: {name}
services:
  proxy:
    image: python:3.11-slim
    command: [{haproxy}, -W, -f, {folder}/haproxy.cfg]
    ports: ["127.0.0.1:{port}:{port}"]
    volumes: ["{folder}:{folder}:ro", "{package}:{package}:ro"]
    init: true
  api:
    image: python:3.11-slim
    command: [python3, {app}]
    environment: {{EFFECTS: "{effects}", MANNERS: {manners}, VERSION: "${{VERSION}}", HOST: 0.0.0.0, PORT: "8000"}}
    volumes: ["{app}:{app}:ro"]
    init: true
    stop_grace_period: 10s
    healthcheck:
      test: [CMD, python3, -c, "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz')"]
      interval: 1s
      start_period: 5s
    deploy: {{replicas: {copies}}}
"""  # noqa: E501 -- YAML of one line each
DISCOVERED = """\
  option httpchk GET /readyz
  server-template api {copies} api:8000 check inter 1s resolvers engine init-addr libc,none
"""
RESOLVERS = """\
resolvers engine
  nameserver dns 127.0.0.11:53
  hold valid 1s
"""


Made = Callable[[Path], AbstractAsyncContextManager[Site]]


@dataclass
class Sums:
    """Of all rounds of one contender."""

    requests: int = 0
    lost: Counter[str] = field(default_factory=Counter[str])
    paid: int = 0
    twice: int = 0
    opened: int = 0
    cut: Counter[str] = field(default_factory=Counter[str])
    quiet: list[float] = field(default_factory=list[float])
    during: list[float] = field(default_factory=list[float])
    took: list[float] = field(default_factory=list[float])


# ----------------------------------------------------------------------- Seaway, and Compose


@asynccontextmanager
async def seaway(target: str, folder: Path) -> AsyncIterator[Site]:
    """As `deploy` does."""
    trial = Trial(seed=0, full=False, folder=folder, chance=Random(0), target=target)  # noqa: S311
    rollout = f"{{drain: {DRAIN:g}s}}"
    async with town(trial, "bench", rollout=rollout) as made:

        async def release(version: int) -> None:
            verdict = await made.deployed(VERSION=str(version), MANNERS=MANNERS)
            assert verdict is Verdict.GOOD, verdict
            await until(gone, 30.0)

        async def gone() -> bool:
            live = [each for each in made.stage.ledger.seen() if each.workload == "api"]
            return sum(not each.phase.over for each in live) == COPIES

        await release(0)
        yield Site(made.port, made.effects, release, made.noted)


@asynccontextmanager
async def compose(folder: Path) -> AsyncIterator[Site]:
    """HAProxy finds the copies by the engine's names; `up -d` puts new ones in their place."""
    port, name = free_port(), f"bench-{os.getpid()}"
    haproxy = HaproxyPart().find("").programs["haproxy"]
    program = shutil.which("docker-compose") or ""
    app = folder / "rude_app.py"
    shutil.copy(APP, app)
    (folder / "effects").touch()

    async def composed(*words: str, version: int = 0) -> None:
        process = await asyncio.create_subprocess_exec(
            program, "--file", str(folder / "compose.yaml"), *words,
            env={**os.environ, "VERSION": str(version)}, stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        _, problem = await process.communicate()
        assert process.returncode == 0, problem.decode()

    async def release(version: int) -> None:
        await composed("up", "--detach", "--wait", version=version)
        await asyncio.sleep(0.5)

    async with noting(folder / "effects") as told:
        (folder / "haproxy.cfg").write_text(HAPROXY.format(
            stats="", bind=f"0.0.0.0:{port}", resolvers=RESOLVERS,
            servers=DISCOVERED.format(copies=COPIES),
        ))  # fmt: skip
        (folder / "compose.yaml").write_text(COMPOSE.format(
            name=name, haproxy=haproxy, folder=folder, package=_package(haproxy), port=port,
            app=app, effects=told, manners=MANNERS, copies=COPIES,
        ))  # fmt: skip
        try:
            await release(0)
            await answers(port)
            yield Site(port, folder / "effects", release)
        finally:
            await composed("down", "--volumes", "--timeout", "2")


def _package(program: Path) -> Path:
    """The folder of a package that a program and its libraries come from."""
    return next(each for each in program.parents if each.parent.name == "site-packages")


# ------------------------------------------------------------------------------ measuring


async def measured(site: Site, releases: int, sums: Sums, first: int) -> None:
    """Load and streams; then one release after the other."""
    load, audience = Load(site.port), Audience(site.port, STREAM)
    async with load.running(CLIENTS), asyncio.TaskGroup() as group:
        for number in range(LISTENERS):
            group.create_task(audience.listen())
            group.create_task(audience.talk(number))
        await asyncio.sleep(QUIET)
        quiet = len(load.latencies)
        for number in range(releases):
            begun = time.monotonic()
            await site.release(first + number)
            sums.took.append(time.monotonic() - begun)
            await asyncio.sleep(BETWEEN)
        busy = len(load.latencies)
        audience.over = True
    if site.done:
        await site.done()
    good = {"stream whole", "socket whole", "socket told to go"}
    sums.requests += load.requests
    sums.lost += load.lost
    sums.paid += load.paid
    notes = Counter(site.effects.read_text().split())
    sums.twice += sum(count - 1 for count in notes.values())
    sums.opened += audience.streams + audience.sockets
    sums.cut += Counter({why: count for why, count in audience.ends.items() if why not in good})
    sums.quiet += load.latencies[:quiet]
    sums.during += load.latencies[quiet:busy]


def contenders() -> Mapping[str, Made]:
    """Those that can run here."""
    found: dict[str, Made] = {"Seaway, local": lambda f: seaway("local", f)}
    there = engine_there()
    if there:
        found["Seaway, docker"] = lambda f: seaway("docker", f)
    for name, kind in (("nginx", Nginx), ("haproxy", HAProxy), ("caddy", Caddy)):
        if shutil.which(name):
            found[f"{name}, naive"] = lambda f, kind=kind: naive(kind, f)
            by_hand = drained_haproxy if kind is HAProxy else lambda f, kind=kind: drained(kind, f)
            found[f"{name}, drained"] = by_hand
    if there and shutil.which("docker-compose"):
        found["Compose up -d"] = compose
    return found


def row(name: str, sums: Sums) -> str:
    """A line of the table."""
    took = sorted(sums.took)[len(sums.took) // 2]
    lost, cut = sums.lost.total(), sums.cut.total()
    cells = (
        name, len(sums.took), sums.requests, lost, f"{sums.twice} of {sums.paid}",
        f"{cut} of {sums.opened}", f"{share(sums.quiet, 0.99):.0f}",
        f"{share(sums.during, 0.99):.0f}", f"{took:.1f}",
    )  # fmt: skip
    return f"| {' | '.join(map(str, cells))} |"


@contextmanager
def own_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="seaway-rollouts-", dir="/var/tmp"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def main(chosen: Mapping[str, Made], releases: int, rounds: int) -> None:
    sums = {name: Sums() for name in chosen}
    for number in range(rounds):
        for name, made in chosen.items():
            with own_folder() as folder:
                async with made(folder) as site:
                    await measured(site, releases, sums[name], 1)
            why = {**sums[name].lost, **sums[name].cut}
            print(f"round {number + 1}: {row(name, sums[name])} {why or ''}", file=sys.stderr)
    print("| | releases | requests | lost | payments twice | streams cut "
          "| p99 before, ms | p99 during, ms | a release, s |")  # fmt: skip
    print("|---|---|---|---|---|---|---|---|---|")
    for name, each in sums.items():
        print(row(name, each))


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if word.isdigit()]
    others = [word for word in sys.argv[1:] if not word.isdigit()]
    wanted = {
        name: made for name, made in contenders().items()
        if not others or any(word.lower() in name.lower() for word in others)
    }  # fmt: skip
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended then, too
    asyncio.run(main(wanted, *[*numbers, *(5, 2)[len(numbers) :]]))
