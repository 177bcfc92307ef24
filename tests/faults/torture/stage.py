"""Stage: a real supervisor with programs that tell of themselves, to be killed from outside.

Each program says in a pipe when it was executed, and holds a lock as long as it lives: a second
copy of it cannot take the lock, and says so. So no double is missed between two looks.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from seaway.model.names import InstanceId, Name
from seaway.model.release import Release
from seaway.model.text import Text
from seaway.model.workload import Command, Workload
from seaway.stores.lease import holder, ring
from seaway.stores.ledger import SqliteLedger
from seaway.targets.local import launch
from seaway.targets.local.process import ProcessState
from seaway.targets.local.record import instance_folders, records
from seaway.targets.local.state import StateFolder

TOLD = """
echo "$NAME $$ $EPOCHREALTIME" 1<>"$PIPE"
exec 9>"$LOCKS/$NAME"
flock -n 9 || echo "$NAME $$ double" 1<>"$PIPE"
exec sleep 3600
"""
"""A program of bash, which needs two milliseconds to come so far."""
PATIENCE = 60.0


@dataclass
class Stage:
    """One stack in a folder of its own, and the supervisor that looks after it."""

    folder: Path
    stack: Name
    state: StateFolder
    ledger: SqliteLedger
    environment: str = "local"
    supervisor: asyncio.subprocess.Process | None = None
    started: dict[str, list[tuple[int, float]]] = field(
        default_factory=lambda: defaultdict[str, list[tuple[int, float]]](list)
    )
    """By name of the program: pid and time of each execution."""
    doubles: list[str] = field(default_factory=list[str])
    order: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """All that was told, as it came."""
    _heard: asyncio.Event = field(default_factory=asyncio.Event)

    def program(self, name: str, script: str = TOLD, **changes: object) -> Workload:
        """A service that tells of itself."""
        file = self.folder / f"{name}.sh"  # in an argument, Seaway would fill in `$NAME` itself
        file.write_text(script)
        file.chmod(0o644)
        env = {
            "NAME": name, "PIPE": str(self.folder / "pipe"), "LOCKS": str(self.folder / "locks"),
        }  # fmt: skip
        return Workload(
            name=Name(name), component=Name(name), program=Command(argv=("bash", str(file))),
            env={key: Text.of(value) for key, value in env.items()}, **changes,
        )  # fmt: skip

    def want(self, *workloads: Workload) -> None:
        """Record a release and wake the supervisor, as `up` does."""
        self.ledger.record(Release(stack=self.stack, workloads=workloads))
        ring(self.state.wake)

    async def supervise(self) -> None:
        """Start a supervisor as `up` does; return when it holds the lease."""
        await self.start_supervisor()
        await self.leased()

    async def leased(self) -> None:
        """Return when the supervisor holds the lease."""
        assert self.supervisor is not None
        while not holder(self.state.lease):
            assert self.supervisor.returncode is None, "the supervisor ended"
            await asyncio.sleep(0.002)

    async def start_supervisor(self) -> None:
        """Start a supervisor as `up` does; it has not even loaded when this returns."""
        self.supervisor = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "seaway", "supervise", stdin=asyncio.subprocess.PIPE,
            env={**os.environ, "SEAWAY_STATE": str(self.state.root.parent)},
        )  # fmt: skip
        pipe = self.supervisor.stdin
        assert pipe is not None
        pipe.write(json.dumps([self.stack, self.environment]).encode())
        pipe.close()

    async def kill_supervisor(self) -> None:
        """As `kill -9` does."""
        if self.supervisor is not None:
            with contextlib.suppress(ProcessLookupError):
                self.supervisor.kill()
            await self.supervisor.wait()

    async def until(self, true: object, limit: float = PATIENCE) -> None:
        """Until a claim holds, asked whenever a program has told something."""
        assert callable(true)
        async with asyncio.timeout(limit):
            while not true():
                self._heard.clear()
                await self._heard.wait()

    def living(self) -> dict[str, list[tuple[InstanceId, ProcessState]]]:
        """By workload: its instances that have a living shim."""
        found: dict[str, list[tuple[InstanceId, ProcessState]]] = defaultdict(list)
        for record in records(self.state):
            state = launch.state(self.state.instance(record.id))
            if state.shim:
                found[record.workload.name].append((record.id, state))
        return found

    def processes(self) -> set[int]:
        """Every process that bears the mark of this stack; shims bear none."""
        mark = f"SEAWAY_FOLDER={self.state.root}".encode()
        return {pid for pid, words in environments() if mark in words}

    def _listen(self, descriptor: int) -> None:
        for line in os.read(descriptor, 65536).decode().splitlines():
            name, pid, moment = line.split()
            self.order.append((name, moment))
            if moment == "end":
                continue
            if moment == "double":
                self.doubles.append(name)
            else:
                self.started[name].append((int(pid), float(moment)))
        self._heard.set()


@asynccontextmanager
async def stage(folder: Path, name: str, environment: str = "local") -> AsyncIterator[Stage]:
    """A stage, and nothing of its processes afterwards."""
    stack = Name(f"{name}-{os.getpid()}")  # a part of the run folder, which all stacks share
    (folder / "locks").mkdir()
    (folder / "locks").chmod(0o777)
    os.mkfifo(folder / "pipe")
    (folder / "pipe").chmod(0o666)
    suffix = "" if environment == "local" else f"@{environment}"
    state = StateFolder(folder / "state" / f"{stack}{suffix}")
    state.root.mkdir(parents=True)
    made = Stage(folder, stack, state, SqliteLedger(state.ledger), environment)
    descriptor = os.open(folder / "pipe", os.O_RDWR | os.O_NONBLOCK)
    loop = asyncio.get_running_loop()
    loop.add_reader(descriptor, made._listen, descriptor)
    try:
        yield made
    finally:
        await made.kill_supervisor()
        await ended(state)
        loop.remove_reader(descriptor)
        os.close(descriptor)
        made.ledger.close()


async def ended(state: StateFolder) -> None:
    """End every instance, as fast as it goes, and remove its run folder."""
    for folder in instance_folders(state):
        if shim := launch.holder(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(shim, signal.SIGKILL)
            await launch.ended(folder)
        await launch.sweep(folder)
    with contextlib.suppress(OSError):
        state.run(InstanceId("any")).parent.rmdir()


def environments() -> Sequence[tuple[int, bytes]]:
    """Pid and environment of every process that shows it."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found.append((int(entry.name), (entry / "environ").read_bytes()))
    return found


class Ends:
    """The moment at which a process ended, as exactly as the kernel tells it."""

    def __init__(self, pid: int) -> None:
        self._pin = os.pidfd_open(pid)
        self._seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().add_reader(self._pin, self._ended)

    def _ended(self) -> None:
        asyncio.get_running_loop().remove_reader(self._pin)
        os.close(self._pin)
        self._seen.set_result(time.time())

    async def moment(self) -> float:
        return await self._seen
