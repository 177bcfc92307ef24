"""What every target must be put through: a stage for memory, local processes and containers."""

import asyncio
import io
import os
import shutil
import signal
import tarfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from seaway.errors import SeawayError
from seaway.model.instance import Instance, Phase
from seaway.model.names import InstanceId, Name
from seaway.model.probe import Checks, HttpProbe
from seaway.model.release import Release
from seaway.model.text import Own, Text
from seaway.model.workload import Build, Command, Role, Stopping, Workload
from seaway.plan.steps import Create, Forget, Start, Stop
from seaway.ports.target import Target
from seaway.stores.clock import SystemClock
from seaway.targets.docker.engine import SOCKET, Engine
from seaway.targets.docker.target import DockerTarget
from seaway.targets.local.state import StateFolder
from seaway.targets.local.target import LocalTarget
from seaway.targets.memory import MemoryTarget

PROGRAM = Path(__file__).with_name("program_web.py")
STACK = Name("contract")
BASE = "python:3.11-slim"
TAR = "application/x-tar"
PATIENCE = 30.0
"""Seconds; a busy machine starts a Python in some of them."""


class OneSecret:
    """A vault that keeps one secret."""

    def versions(self):
        return {"TOKEN": 1}

    def read(self, name, version=0):
        return {("TOKEN", 0): "s3cr3t/token", ("TOKEN", 1): "s3cr3t/token"}[name, version]

    def write(self, name, value):
        raise NotImplementedError


@dataclass
class Stage:
    """A target, and the hand of fate."""

    target: Target
    folder: Path
    open: Callable[[], Target]
    """Another object for the same place, as another Seaway would make it."""
    kill: Callable[[Instance], None]
    fail_ready: Callable[[Instance], None]
    state: StateFolder | None = None
    extra: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def perform(self, step, workload: Workload) -> None:
        await self.target.perform(step, Release(stack=STACK, number=1, workloads=(workload,)))

    async def seen(self) -> Sequence[Instance]:
        return await self.target.observe()

    async def until(self, wanted: Callable[[Sequence[Instance]], object]) -> Sequence[Instance]:
        """Look whenever something changes, until it is as wanted."""
        seen: Sequence[Instance] = ()
        try:
            async with asyncio.timeout(PATIENCE):
                while not wanted(seen := await self.target.observe()):
                    await self.target.changed()
        except TimeoutError:
            raise AssertionError(f"it did not come to that: {seen}") from None
        return seen

    async def ready(self, workload: Workload, slot: int = 0) -> Instance:
        """An instance that has been created, started and found ready."""
        before = {each.id for each in await self.seen()}
        await self.perform(Create(workload=workload, slot=slot), workload)
        [made] = [each for each in await self.seen() if each.id not in before]
        await self.perform(Start(instance=made, workload=workload), workload)
        seen = await self.until(lambda seen: phase_of(made.id, seen) is Phase.READY)
        return next(each for each in seen if each.id == made.id)

    async def close(self) -> None:
        """Stop all that runs."""
        for instance in await self.seen():
            if not instance.phase.over:
                workload = Workload(
                    name=instance.workload, component=instance.workload,
                    program=Command(argv=("true",)),
                    stopping=Stopping(grace=timedelta(seconds=5)),
                )  # fmt: skip
                await self.perform(Stop(instance=instance, why="the test is over"), workload)
        await self.extra.aclose()
        state = self.state or local_state(self.folder)
        shutil.rmtree(state.run(InstanceId("any")).parent, ignore_errors=True)


def web(folder: Path, **changes: object) -> Workload:
    """A workload whose program is the small web server."""
    workload = Workload(
        name=Name("web"), component=Name("web"), role=Role.SERVICE, ports={"http": 8000},
        program=Command(argv=("python3", str(PROGRAM)), build=Build(folder=str(folder))),
        env={
            "HOST": Text.of(Own(what="host")),
            "PORT": Text.of(Own(what="port", name="http")),
            "BROKEN": Text.of(str(folder / "broken")),
        },
        checks=Checks(
            ready=HttpProbe(path="/ready"), live=HttpProbe(path="/live"), failures=2,
            every=timedelta(seconds=0.1), timeout=timedelta(seconds=5),
        ),
        stopping=Stopping(grace=timedelta(seconds=5)),
    )  # fmt: skip
    return replace(workload, **changes)


def phase_of(name: str, seen: Sequence[Instance]) -> Phase | None:
    return next((each.phase for each in seen if each.id == name), None)


async def memory_stage(folder: Path) -> Stage:
    target = MemoryTarget(STACK, SystemClock())
    return Stage(
        target=target, folder=folder, open=lambda: target,
        kill=lambda instance: target.kill(instance.id),
        fail_ready=lambda instance: target.fail_ready(instance.id),
    )  # fmt: skip


def local_state(folder: Path) -> StateFolder:
    """The name has a part in the run folder, which all tests share."""
    return StateFolder(folder / "state" / f"{folder.parent.name}-{folder.name}")


def open_local(folder: Path) -> LocalTarget:
    return LocalTarget(local_state(folder), STACK, OneSecret(), SystemClock())


async def local_stage(folder: Path) -> Stage:
    extra = AsyncExitStack()

    def opened() -> LocalTarget:
        return open_local(folder)

    target = await extra.enter_async_context(opened())
    return Stage(
        target=target, folder=folder, open=opened, extra=extra,
        kill=lambda instance: os.kill(instance.pid, signal.SIGKILL),
        fail_ready=lambda _: (folder / "broken").touch(),
    )  # fmt: skip


class OneImage:
    """One image with the small web server under the path that it has here."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def ensure(self, workload: Workload) -> str:
        del workload
        text = f"FROM {BASE}\nCOPY {PROGRAM.name} {PROGRAM}\n".encode()
        context = io.BytesIO()
        with tarfile.open(fileobj=context, mode="w") as tar:
            for name, data in (("Dockerfile", text), (PROGRAM.name, PROGRAM.read_bytes())):
                member = tarfile.TarInfo(name)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))

        async def sent() -> AsyncIterator[bytes]:
            yield context.getvalue()

        query = {"t": "seaway-contract"}
        answer = self._engine.stream("POST", "/build", query=query, body=sent(), kind=TAR)
        said = b"".join([piece async for piece in answer])
        assert b"errorDetail" not in said, said
        return "seaway-contract"


async def docker_stage(folder: Path) -> Stage:
    """Skips where there is no engine, or none that has the image to build on."""
    if not Path(SOCKET).exists():
        pytest.skip("no Docker engine here: tools/engine run COMMAND")
    engine, extra = Engine(), AsyncExitStack()
    try:
        await engine.call("GET", f"/images/{BASE}/json")
    except SeawayError as error:
        pytest.skip(f"no {BASE} here: {error}")

    def opened() -> DockerTarget:
        return DockerTarget(
            local_state(folder), STACK, OneSecret(), SystemClock(), outside=os.environ,
            images=OneImage(engine),
        )  # fmt: skip

    target = await extra.enter_async_context(opened())

    async def swept() -> None:
        for each in await target.observe():
            await target.perform(Forget(instance=each), Release(stack=STACK))

    extra.push_async_callback(swept)
    return Stage(
        target=target, folder=Path("/tmp"), state=local_state(folder), open=opened, extra=extra,
        kill=lambda instance: os.kill(child_of(instance.pid), signal.SIGKILL),
        fail_ready=lambda each: Path(f"/proc/{each.pid}/root/tmp/broken").touch(),
    )  # fmt: skip


def child_of(pid: int) -> int:
    """The program: the first process of a container only looks after it."""
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


STAGES = {"memory": memory_stage, "local": local_stage, "docker": docker_stage}
