"""Workers: a few processes that decode; one that is stuck or dead is replaced."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass

import msgspec

from seaway.ai.vision.settings import Settings
from seaway.ai.vision.worker import HEAD, Made

STUCK, DIED = "takes_too_long", "broken"


class Busy(Exception):  # noqa: N818 -- said as it is
    """All workers are at work, and enough is waiting."""


class Workers:
    """Decodes so many pictures at once; a few more may wait."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._slots = [_Slot() for _ in range(settings.workers)]
        self._idle: asyncio.Queue[_Slot] = asyncio.Queue()
        self._tasks: set[asyncio.Task[Made]] = set()
        self.taken = 0
        """Pictures that are decoded or wait."""
        self.replaced = 0

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator["Workers"]:
        """With its processes, for as long as the block runs."""
        try:
            for slot in self._slots:
                slot.worker = await self._started()
                self._idle.put_nowait(slot)
            yield self
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for slot in self._slots:
                await slot.emptied()

    async def decode(self, data: bytes) -> Made:
        """What becomes of it; done to its end even when nobody waits for it any more.

        Raises:
            Busy: it would have to wait too long.
        """
        if self.taken >= self._settings.workers + self._settings.queue:
            raise Busy
        self.taken += 1
        task = asyncio.get_running_loop().create_task(self._decoded(data))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return await asyncio.shield(task)

    async def _decoded(self, data: bytes) -> Made:
        slot = await self._idle.get()
        try:
            return await self._tried(slot, data)
        finally:
            self._idle.put_nowait(slot)
            self.taken -= 1

    async def _tried(self, slot: "_Slot", data: bytes) -> Made:
        if slot.worker is None or slot.worker.dead:
            self.replaced += 1
            slot.worker = await self._started()
        try:
            async with asyncio.timeout(self._settings.waiting):
                return await slot.worker.ask(data)
        except TimeoutError:
            refused = STUCK
        except (OSError, asyncio.IncompleteReadError):
            refused = DIED
        if await slot.emptied() == -signal.SIGPROF:
            refused = STUCK
        return Made(refused=refused)

    async def _started(self) -> "_Worker":
        given = {**asdict(self._settings.limits), "memory": self._settings.memory,
                 "patience": self._settings.patience}  # fmt: skip
        given["formats"] = sorted(self._settings.limits.formats)
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "seaway.ai.vision.worker", json.dumps(given),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        )  # fmt: skip
        return _Worker(process)


class _Worker:
    """One process."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError(process)
        self._process, self._in, self._out = process, process.stdin, process.stdout

    @property
    def dead(self) -> bool:
        """Whether it ended without being told to."""
        return self._process.returncode is not None

    async def ask(self, data: bytes) -> Made:
        """Its answer.

        Raises:
            OSError: it is gone.
            IncompleteReadError: it went in the middle.
        """
        self._in.write(HEAD.pack(len(data)))
        self._in.write(data)
        await self._in.drain()
        length = HEAD.unpack(await self._out.readexactly(HEAD.size))[0]
        return msgspec.msgpack.decode(await self._out.readexactly(length), type=Made)

    async def end(self) -> int:
        """Kill it, if it lives: it keeps nothing. How it ended, as a status."""
        with suppress(ProcessLookupError):
            self._process.kill()
        return await self._process.wait()


@dataclass(slots=True, eq=False)
class _Slot:
    """A place for a worker."""

    worker: _Worker | None = None

    async def emptied(self) -> int:
        """End the one that is there; how it ended, as a status."""
        worker, self.worker = self.worker, None
        return await worker.end() if worker else 0
