"""Runs one part as the target would, without the target: for tests of parts on real servers."""

import asyncio
import contextlib
import os
import secrets
import shutil
import signal
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from seaway.model.names import InstanceId, Name
from seaway.model.text import Own, Secret, Text
from seaway.model.workload import Server, Workload
from seaway.ports.component import Component, Surroundings
from seaway.targets.local.helping import run_as
from seaway.targets.local.identity import identity_for
from seaway.targets.local.part import NotReady, Output, Part, Placement
from seaway.targets.local.ports import LASTING, SHADOW, free
from seaway.targets.local.process import Identity

STACK = Name("lantern")


@dataclass(slots=True)
class Bench:
    """One part with one volume; every `start` is another instance of it."""

    part: Part
    kind: type[Component]
    root: Path
    settings: dict[str, object]
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    ports: dict[str, int] = field(default_factory=dict[str, int])
    process: asyncio.subprocess.Process | None = None
    place: Placement | None = None
    count: int = 0
    choice: str = ""
    """Which of the installed servers, as `Part.find` has it."""

    @property
    def workload(self) -> Workload:
        """What the component wants to run."""
        around = Surroundings(stack=STACK, environment="local", folder=str(self.root))
        return self.kind.model_validate(self.settings).expand(Name("store"), around).workloads[0]

    @property
    def identity(self) -> Identity | None:
        return identity_for([*self.part.find(self.choice).programs.values(), self.root / "data"])

    async def run(
        self, argv: list[str], *, env: Mapping[str, str] | None = None, stdin: str = "",
        limit: float = 60.0,
    ) -> Output:  # fmt: skip
        whole = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **(env or {})}
        return await run_as(
            self.identity, argv, env=whole, stdin=stdin, limit=limit, cwd=self.root / "data"
        )

    def placed(self) -> Placement:
        """A new instance: another run folder, the same volume and ports."""
        workload, found = self.workload, self.part.find(self.choice)
        server = workload.program
        assert isinstance(server, Server)
        self.count += 1
        folder, data = self.root / f"run-{self.count}", self.root / "data"
        for each in (folder, data):
            each.mkdir(mode=0o700, exist_ok=True)
            self.own(each)
        for name in workload.ports:
            self.ports.setdefault(name, free_port(set(self.ports.values())))
        return Placement(
            instance=InstanceId(f"store-{self.count}"), workload=workload, server=server,
            folder=folder, volumes={"data": data}, host="127.0.0.1", ports=self.ports,
            env={name: self.filled(text) for name, text in workload.env.items()}, found=found,
        )  # fmt: skip

    def own(self, path: Path) -> None:
        if self.identity and not self.identity.namespace:
            os.chown(path, self.identity.uid, self.identity.gid)

    def filled(self, text: Text) -> str:
        parts = []
        for part in text.parts:
            if isinstance(part, Secret):
                parts.append(self.secrets.setdefault(part.name, secrets.token_hex(16)))
            elif isinstance(part, Own):
                parts.append(str(self.ports[part.name]) if part.what == "port" else "127.0.0.1")
            else:
                assert isinstance(part, str)
                parts.append(part)
        return "".join(parts)

    async def start(self, limit: float = 30.0) -> float:
        """Prepare, launch, wait until ready, settle; return the seconds it took."""
        begin = time.monotonic()
        self.place = self.placed()
        await self.part.prepare(self.place, self.run)
        await self.launch()
        await self.until_ready(limit)
        await self.part.settle(self.place, self.run)
        await self.part.ready(self.place)
        return time.monotonic() - begin

    async def launch(self) -> None:
        assert self.place
        launch = self.part.launch(self.place)
        for name, body in launch.files.items():
            path = self.place.folder / name
            path.write_text(body)
            path.chmod(0o400)
            self.own(path)
        env = {
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
            "TZ": "UTC",
            "HOME": str(self.root / "data"),
        }
        with (self.root / "log").open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *_prefix(self.identity), *launch.argv, env={**env, **launch.env},
                cwd=self.root / "data", stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip

    async def until_ready(self, limit: float = 30.0) -> None:
        assert self.place
        assert self.process
        reason = "never asked"
        try:
            async with asyncio.timeout(limit):
                while True:
                    assert self.process.returncode is None, f"it died:\n{self.log}"
                    try:
                        await self.part.ready(self.place)
                    except NotReady as no:
                        reason = str(no)
                    else:
                        return
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"not ready: {reason}\n{self.log}") from None

    async def stop(self, sign: signal.Signals | None = None) -> float:
        """Ask it to end, kill it after its grace; return the seconds it took."""
        assert self.process
        begin = time.monotonic()
        if self.process.returncode is None:
            if sign != signal.SIGKILL:
                self.process.send_signal(sign or signal.Signals[self.workload.stopping.signal])
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self.workload.stopping.grace.total_seconds()):
                        await self.process.wait()
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            await self.process.wait()
        if self.place:
            shutil.rmtree(self.place.folder, ignore_errors=True)
        return time.monotonic() - begin

    @property
    def log(self) -> str:
        return (self.root / "log").read_text()

    def change(self, **settings: object) -> None:
        """Other settings of the component, from the next start on."""
        self.settings |= settings


def _prefix(identity: Identity | None) -> tuple[str, ...]:
    if identity is None:
        return ()
    if identity.namespace:
        return ("unshare", "-U", "--map-user=65534", "--map-group=65534")
    return ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--")


@contextlib.asynccontextmanager
async def bench(
    part: Part, kind: type[Component], root: Path, **settings: object
) -> AsyncIterator[Bench]:
    """A bench that leaves no process behind."""
    it = Bench(part, kind, root, settings)
    try:
        yield it
    finally:
        if it.process and it.process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(it.process.pid, signal.SIGKILL)
            await it.process.wait()
        for port in it.ports.values():
            for socket in _sockets(port):
                socket.unlink()


def free_port(taken: set[int]) -> int:
    """One that leaves room for a second, 10,000 higher."""
    start = secrets.randbelow(len(LASTING))
    rotated = (LASTING[(start + step) % len(LASTING)] for step in range(len(LASTING)))
    free_ones = (p for p in rotated if p not in taken and free(p) and free(p + SHADOW))
    return next(port for port in free_ones if not _sockets(port))


def _sockets(port: int) -> list[Path]:
    """What a killed SeaweedFS leaves behind."""
    return list(Path("/tmp").glob(f"seaweedfs-*-{port + SHADOW}.sock"))
