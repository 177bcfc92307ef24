"""The workers of a storm: as many as planned, whatever happens to them."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
STOP_SECONDS = 30.0


@dataclass(slots=True)
class Crew:
    """Processes forked by the nursery."""

    nursery: asyncio.subprocess.Process
    pids: set[int] = field(default_factory=set)
    resting: set[int] = field(default_factory=set)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def hire(self) -> None:
        """Fork one more."""
        assert self.nursery.stdin is not None
        assert self.nursery.stdout is not None
        async with self.asking:  # the answers come in the order of the questions
            self.nursery.stdin.write(b"work\n")
            self.pids.add(int(await self.nursery.stdout.readline()))

    def well(self) -> list[int]:
        """Those that are neither dead nor paused."""
        return sorted(self.pids - self.resting)

    async def kill(self, pid: int) -> None:
        """Kill one; another takes its place."""
        os.kill(pid, signal.SIGKILL)
        self.pids.discard(pid)
        await self.hire()

    @contextmanager
    def paused(self, pid: int) -> Iterator[None]:
        """Pause one for the length of the block."""
        self.resting.add(pid)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)
            self.resting.discard(pid)

    async def dismiss(self) -> None:
        """Ask all to end in order, and wait until they have."""
        for pid in self.pids:
            os.kill(pid, signal.SIGTERM)
        async with asyncio.timeout(STOP_SECONDS):
            while self.left():
                await asyncio.sleep(0.05)

    def left(self) -> int:
        """How many are still there."""
        return sum(Path(f"/proc/{pid}").exists() for pid in self.pids)


@asynccontextmanager
async def crew(environment: Mapping[str, str], count: int, log: Path) -> AsyncIterator[Crew]:
    """Keep so many workers for the length of the block; those that do not end are killed."""
    with log.open("ab") as out:
        nursery = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.chaos.nursery", cwd=ROOT, stderr=out,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={**os.environ, **environment},
        )  # fmt: skip
    made = Crew(nursery)
    try:
        for _ in range(count):
            await made.hire()
        yield made
        await made.dismiss()
    finally:
        for pid in made.pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        assert nursery.stdin is not None
        nursery.stdin.close()
        await nursery.wait()
