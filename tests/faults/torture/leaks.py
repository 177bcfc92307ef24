"""T22: canaries as secrets, looked for in everything that others could read (X1, X2)."""

import asyncio
import base64
import contextlib
import json
import os
import shutil
import sys
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from seaway import wiring
from seaway.durable import make_folder
from seaway.engine.resolve import Resolved
from seaway.ports.component import SecretNeed
from seaway.stores.vault import FileVault
from seaway.targets.local.state import StateFolder
from tests.faults.torture.canaries import canary, heard, heard_below, needles
from tests.faults.torture.town import free_port
from tests.faults.torture.trial import Trial

CANARIES = 40
GONE = 1.0
"""Seconds after the end of a stack within which no secret of it is on any disk or in memory."""
STACK = """\
seaway: 1
name: {name}
services:
  api:
    run: python3 main.py
    source: ./app
    port: 8000
    replicas: 2
    uses: [{uses}]
    health: {{ready: /readyz, every: 1s, start: 30s}}
    rollout: {{drain: 1s}}
    env: {{VERSION: "1"}}
    secrets: [{plain}]
  worker:
    run: python3 main.py
    source: ./app
    port: 8000
    health: {{ready: /readyz, every: 1s, start: 30s}}
    secrets: [{files}]
data:
  cache: {{kind: redis, memory: 32Mi, backup: {{to: local}}}}
{more}ingress:
  ports: {{http: {port}}}
  localhost:
    routes:
      /: {{to: api}}
secrets:
{secrets}environments:
  docker: {{target: docker}}
"""
MORE = """\
  db: {kind: postgres, backup: {to: local}}
  files: {kind: s3, buckets: {pictures: {}}, backup: {to: local}}
ai:
  llm:
    kind: gateway
    providers: {offline: {kind: simulator}}
    routes: {chat: {to: [offline/chat]}}
    uses: [cache]
"""
PROGRAM = """\
import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

there = (os.environ["HOST"], int(os.environ["PORT"]))
ThreadingHTTPServer(there, Answers).serve_forever()
"""


QUIET: tuple[tuple[str, ...], ...] = (
    ("plan", "-v"), ("status", "--format", "json"), ("logs",), ("secrets", "list"), ("check",),
    ("explain",), ("releases",), ("doctor", "-v"), ("jobs",), ("render",),
)  # fmt: skip
"""Commands that change nothing; the first are those of the short form."""
WRONG: tuple[tuple[str, ...], ...] = (
    ("up", "-d", "--set", "services.api.run=python3 main.py $SECRET_00"), ("backup",),
    ("deploy", "--set", "services.api.run=python3 -c 'raise SystemExit(3)'", "--timeout", "8s"),
    ("restart", "worker"), ("rollback",), ("backups", "--check"),
)  # fmt: skip


@dataclass
class Cage:
    """A stack whose secrets are all canaries."""

    trial: Trial
    target: str
    name: str
    folder: Path
    env: Mapping[str, str]
    secrets: frozenset[str] = frozenset()
    hits: list[str] = field(default_factory=list[str])
    looked: set[str] = field(default_factory=set[str])
    """Sinks in which something was there to be looked at."""

    @property
    def root(self) -> Path:
        """Its state folder."""
        suffix = "" if self.target == "local" else f"@{self.target}"
        return Path(self.env["SEAWAY_STATE"], f"{self.name}{suffix}")

    async def seaway(self, *words: str, given: str = "") -> str:
        """Run a command; what it says is a sink, as its arguments are not ours."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "seaway", *words, cwd=self.folder, env=self.env,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said, _ = await asyncio.wait_for(process.communicate(given.encode()), 200)
        self.look("what commands say", f"seaway {' '.join(words)}", said)
        return said.decode(errors="replace")

    def look(self, sink: str, place: str, data: bytes) -> None:
        if data:
            self.looked.add(sink)
        if found := heard(data):
            self.hits.append(f"{self.target}, {sink}, {place}: {', '.join(sorted(found))}")

    def look_below(self, sink: str, folder: Path) -> None:
        if folder.exists() and any(folder.iterdir()):
            self.looked.add(sink)
        for file, found in heard_below(folder):
            self.hits.append(f"{self.target}, {sink}, {file}: {', '.join(sorted(found))}")


async def leaks(trial: Trial) -> None:
    """On this machine, and in containers where there is an engine."""
    targets = ["local"] + (
        ["docker"] if trial.full and Path("/var/run/docker.sock").exists() else []
    )
    for target in targets:
        async with _cage(trial, target) as cage:
            await _used(cage)
            _look_at_processes(cage)
            await _look_around(cage)
            await _ended(cage)
        trial.tally.faults += CANARIES * len(needles())
        trial.tally.leaks += len(cage.hits)
        trial.tally.wrong += cage.hits
        trial.tally.more[f"sinks on {target}"] = ", ".join(sorted(cage.looked))


@asynccontextmanager
async def _cage(trial: Trial, target: str) -> AsyncIterator[Cage]:
    """Its project and its secrets; nothing of it afterwards."""
    name, folder = f"cage-{os.getpid()}", trial.folder / target
    (folder / "app").mkdir(parents=True)
    (folder / "app" / "main.py").write_text(PROGRAM)
    if target == "docker":  # no part of an image; on local, a program may read its own file
        (folder / "app" / ".env").write_text(f"KEY={canary(0, wild=True)}\n")
    for each in (trial.folder, folder, folder / "app"):
        each.chmod(0o755)
    names = [f"SECRET_{number:02d}" for number in range(CANARIES)]
    (folder / "seaway.yaml").write_text(STACK.format(
        name=name, port=free_port(), plain=", ".join(names[::2]),
        files=", ".join(f"{{{each}: file}}" for each in names[1::2]),
        secrets="".join(f"  {each}: {{min_length: 8}}\n" for each in names),
        more=MORE if trial.full else "", uses="cache, db, files, llm" if trial.full else "cache",
    ))  # fmt: skip
    env = {
        **os.environ, "SEAWAY_STATE": str(trial.folder / f"state-{target}"), "NO_COLOR": "1",
        "SEAWAY_ENVIRONMENT": target, "SEAWAY_YES": "1",
    }  # fmt: skip
    cage = Cage(trial, target, name, folder, env)
    try:
        needs = [each for each in _resolved(cage).secret_needs if each.form != "rsa"]
        cage.secrets = frozenset(each.name for each in needs)
        state = StateFolder(cage.root)
        make_folder(state.root)
        vault = FileVault(state.vault)
        for number, each in enumerate(needs):
            vault.write(each.name, _value(each, number, wild=each.name in names))
        await cage.seaway("secrets", "set", names[0], given=canary(0, wild=True))
        yield cage
    finally:
        await cage.seaway("down")
        await cage.seaway("down", "--destroy-data", name)
        shutil.rmtree(cage.env["SEAWAY_STATE"], ignore_errors=True)


def _value(need: SecretNeed, number: int, *, wild: bool) -> str:
    """In the form that is asked for."""
    text = canary(number, wild=wild)
    raw = text.encode().ljust(need.generate, b"x")[: need.generate]
    match need.form:
        case "hex":
            return raw.hex()
        case "base64":
            return base64.b64encode(raw).decode()
        case _:
            return f"k1:{text}" if need.keep else text


async def _used(cage: Cage) -> None:
    """Everything that people do with a stack, and some that goes wrong."""
    up = await cage.seaway("up", "-d", "-v")
    cage.trial.tally.demand("error" not in up, up[-2000:])
    for words in QUIET if cage.trial.full else QUIET[:4]:
        await cage.seaway(*words)
    page = cage.folder / "report.html"
    words = ("deploy", "--set", "services.api.env.VERSION='2'", "--html", str(page))
    await cage.seaway(*words)
    await cage.seaway("secrets", "set", "SECRET_00", given=canary(0, wild=True)[:7])
    for words in WRONG if cage.trial.full else WRONG[:1]:
        await cage.seaway(*words)
    await cage.seaway("render", "-o", str(cage.folder / "rendered"))
    broken = cage.root / "vault"
    if broken.is_file():
        kept = broken.read_bytes()
        broken.write_bytes(b"{" + kept)
        await cage.seaway("plan", "-v")
        broken.write_bytes(kept)


def _look_at_processes(cage: Cage) -> None:
    """Arguments of all; the environments of those for whom a secret is not."""
    allowed = _allowed(cage)
    for pid in [each.name for each in Path("/proc").iterdir() if each.name.isdigit()]:
        with contextlib.suppress(OSError):
            cage.look("arguments", f"pid {pid}", Path("/proc", pid, "cmdline").read_bytes())
            words = Path("/proc", pid, "environ").read_bytes()
            if not heard(words):
                cage.looked.add("environments")
                continue
            pairs = dict(_pairs(words))
            instance = pairs.get("SEAWAY_INSTANCE") or pairs.get("HOSTNAME") or _host(pid)
            workload = instance.rpartition("-")[0]
            if strange := _strange(pairs, allowed.get(workload, frozenset())):
                cage.hits.append(f"{cage.target}, environment of {instance or pid}: {strange}")


def _strange(pairs: Mapping[str, str], known: frozenset[str]) -> str:
    """The variables that hold a canary which this workload was not given."""
    return ", ".join(
        name for name, value in pairs.items() if heard(value.encode()) and name not in known
    )


def _pairs(words: bytes) -> Iterator[tuple[str, str]]:
    for word in words.decode(errors="replace").split("\0"):
        name, equals, value = word.partition("=")
        if equals:
            yield name, value


def _allowed(cage: Cage) -> Mapping[str, frozenset[str]]:
    """By workload: the variables that hold a secret by its own wish."""
    return {
        each.name: frozenset(name for name, text in each.env.items() if text.secret)
        | _of_parts(each.name)
        for each in _resolved(cage).release.workloads
    }  # fmt: skip


def _resolved(cage: Cage) -> Resolved:
    options = wiring.StackOptions(file=cage.folder / "seaway.yaml", environment=cage.target)
    return wiring.resolved(wiring.read_stack(options), dict.fromkeys(cage.secrets, 1))


def _of_parts(name: str) -> frozenset[str]:
    """What a part hands on to its own server and its helpers."""
    return frozenset({"PGPASSWORD", "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"} if name else ())


async def _look_around(cage: Cage) -> None:
    cage.look_below("state folder, with backups", Path(cage.env["SEAWAY_STATE"]))
    cage.look_below("rendered files", cage.folder / "rendered")
    page = cage.folder / "report.html"
    cage.look("reports", str(page), page.read_bytes() if page.exists() else b"")
    for file in _young(Path("/tmp"), Path("/var/tmp"), but=cage.trial.folder):
        cage.look("temporary files", str(file), file.read_bytes())
    await _look_at_metrics(cage)
    if cage.target == "docker":
        await _look_at_engine(cage)


def _young(*folders: Path, but: Path) -> Iterator[Path]:
    """Files that are not older than the trial, as far as they are nobody else's project."""
    begin = but.stat().st_ctime
    for folder in folders:
        for file in folder.glob("*"):
            with contextlib.suppress(OSError):
                if file.is_file() and file.stat().st_mtime >= begin:
                    yield file


async def _look_at_metrics(cage: Cage) -> None:
    told = json.loads(
        (await cage.seaway("status", "--format", "json")).partition("\n\n")[0] or "{}"
    )
    for port in _numbers(told):
        for path in ("/metrics", "/livez", "/readyz"):
            with contextlib.suppress(OSError, ValueError):
                address = f"http://127.0.0.1:{port}{path}"
                answer = await asyncio.to_thread(urllib.request.urlopen, address, None, 2)
                cage.look("metrics", address, answer.read())


def _numbers(value: object) -> Iterator[int]:
    """All that could be ports."""
    if isinstance(value, dict):
        for each in value.values():
            yield from _numbers(each)
    elif isinstance(value, list):
        for each in value:
            yield from _numbers(each)
    elif isinstance(value, int) and not isinstance(value, bool) and 1024 < value < 65536:
        yield value


def _host(pid: str) -> str:
    """The name of the container that it is in: a server may be given no more than it needs."""
    return Path("/proc", pid, "root/etc/hostname").read_text().strip()


async def _look_at_engine(cage: Cage) -> None:
    """What it tells, what it keeps, and what is in the images."""
    mark = f"label=seaway.stack={cage.name}"
    root = (await _docker("info", "--format", "{{.DockerRootDir}}")).decode().strip()
    containers = (await _docker("ps", "--all", "--quiet", "--no-trunc", "--filter", mark)).split()
    for each in map(bytes.decode, containers):
        cage.look("docker inspect", each, await _docker("inspect", each))
        cage.look("docker logs", each, await _docker("logs", each))
        cage.look_below("folder of the engine", Path(root, "containers", each))
    networks = (await _docker("network", "ls", "--quiet", "--filter", mark)).decode().split()
    cage.look("docker inspect", "networks", await _docker("network", "inspect", *networks))
    title = f"label=org.opencontainers.image.title={cage.name}-app"
    for image in set((await _docker("images", "--quiet", "--filter", title)).decode().split()):
        cage.look("docker history", image, await _docker("history", "--no-trunc", image))
        file = cage.trial.folder / "image.tar"
        await _docker("save", "--output", str(file), image)
        layers = cage.trial.folder / "layers"
        shutil.unpack_archive(file, layers, filter="data")
        cage.look_below("image layers", layers)
        shutil.rmtree(layers)
        file.unlink()
        await _docker("rmi", "--force", image)


async def _docker(*words: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        "docker", *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    return (await asyncio.wait_for(process.communicate(), 120))[0]


async def _ended(cage: Cage) -> None:
    """While it ran, secrets were in memory only, for their owner only; soon after, nowhere."""
    run = Path("/dev/shm", f"seaway-{os.getuid()}", cage.root.name)
    for file, _ in heard_below(run):
        mode = file.stat().st_mode & 0o777
        cage.trial.tally.demand(mode & 0o077 == 0, f"{file} has mode {mode:o}")
        cage.looked.add("run folder")
    await cage.seaway("down")
    end = time.monotonic() + cage.trial.limit(GONE, 5.0)
    while time.monotonic() < end and next(heard_below(run), None):  # noqa: ASYNC110 -- files
        await asyncio.sleep(0.05)
    for file, found in heard_below(run):
        cage.hits.append(f"{cage.target}, left behind, {file}: {', '.join(sorted(found))}")
    _look_at_processes(cage)
