"""The part of T05 that runs in a namespace of its own; started by `strangers`, never imported.

Arguments: folder, how many numbers are to be used again, seed. The first process only reaps.
"""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from seaway.targets.local import launch
from seaway.targets.local.copying import Template
from seaway.targets.local.process import Life, ProcessSpec
from seaway.targets.local.sweep import born
from tests.faults.shims import Instances, until

NUMBERS = 400
OWN_NUMBERS = (6, 14)
"""Version of Linux from which on a namespace has its own `pid_max`; before, it is the machine's."""
TRIES = 50
LINGERS = "setsid sh -c 'trap \"\" TERM; sleep 60' & sleep 0.02; exit 0"
"""The main process is over, its shim waits for what it left behind, in another session: the kernel
gives no number away that still is one of a session or a group."""


class Inside:
    """Instances, and strangers that get their numbers."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.instances = Instances(folder)
        self.template = Template()
        self.chance = random.Random(seed)  # noqa: S311 -- repeatable is what counts
        self.ways: Counter[str] = Counter()
        self.reused = 0
        self.signalled: list[str] = []

    async def turn(self, way: str) -> None:
        """One instance, ended in that way; strangers get its numbers; then all is asked for."""
        spec, numbers = await getattr(self, way)()
        environments = [{}, {"PATH": "/usr/bin"}, {"PATH": "/bin", "SEAWAY_INSTANCE": "another-1"}]
        env = self.chance.choice(environments)
        strangers = [pid for pid in numbers if pid and _stranger(pid, env)]
        self.reused += len(strangers)
        self.ways[way] += len(strangers)
        with contextlib.suppress(ProcessLookupError):
            launch.kill(spec.folder, "SIGTERM")
        await launch.stop(spec.folder, grace=timedelta(milliseconds=20))
        await launch.sweep(spec.folder)
        for pid in strangers:
            if os.waitpid(pid, os.WNOHANG) != (0, 0):
                self.signalled.append(f"{way} {env}")
                continue
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    async def lost(self) -> tuple[ProcessSpec, tuple[int, ...]]:
        """The shim is killed; its process dies with it."""
        spec = await self._started("sleep", "600")
        known = launch.state(spec.folder)
        gone = _ends(known.pid, known.shim)
        await asyncio.sleep(0.02)
        os.kill(known.shim, signal.SIGKILL)
        await launch.ended(spec.folder)
        await until(gone)
        return spec, (known.pid, known.shim)

    async def ended(self) -> tuple[ProcessSpec, tuple[int, ...]]:
        """The process ends by itself."""
        spec = await self._started("sleep", "0.02")
        known = launch.state(spec.folder)
        gone = _ends(known.shim)
        await launch.ended(spec.folder)
        await until(gone)
        return spec, (known.pid, known.shim)

    async def lingering(self) -> tuple[ProcessSpec, tuple[int, ...]]:
        """The shim lives, its main process does not any more."""
        spec = await self._started("sh", "-c", LINGERS)
        known = launch.state(spec.folder)
        await until(_ends(known.pid))
        assert launch.state(spec.folder).life is Life.RUNNING, "it does not linger"
        return spec, (known.pid,)

    async def _started(self, *argv: str) -> ProcessSpec:
        spec = self.instances.spec(*argv)
        await launch.launch(spec, self.template)
        return spec


def _ends(*pids: int) -> Callable[[], bool]:
    """Whether those have gone that have these numbers now; a copy of the template may have one."""
    before = {pid: born(pid) for pid in pids}
    return lambda: all(not known or born(pid) != known for pid, known in before.items())


def _stranger(wanted: int, env: dict[str, str]) -> bool:
    """Start somebody who has nothing to do with us under exactly that number."""
    for _ in range(TRIES):
        with open("/proc/sys/kernel/ns_last_pid", "w") as file:  # noqa: PTH123 -- not a file
            file.write(str(wanted - 1))
        pid = os.posix_spawn("/bin/sleep", ["sleep", "600"], env, setsid=True)
        if pid == wanted:
            return True
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return False


async def _all(folder: Path, count: int, seed: int) -> None:
    inside = Inside(folder, seed)
    inside.template.start()
    while inside.reused < count:
        few = inside.ways["lingering"] * 20 < inside.reused + 1  # it takes longest
        await inside.turn("lingering" if few else inside.chance.choice(("lost", "ended")))
    inside.template.close()
    await inside.instances.end()
    found = {
        "reused": inside.reused, "signalled": inside.signalled, "ways": dict(inside.ways),
    }  # fmt: skip
    sys.stdout.write(json.dumps(found))


def _few_numbers() -> None:
    version = tuple(int(each) for each in os.uname().release.split(".")[:2])
    if version >= OWN_NUMBERS:
        Path("/proc/sys/kernel/pid_max").write_text(str(NUMBERS))


def main() -> None:
    """Reap whoever comes to the first process of a namespace, until the driver is done."""
    _few_numbers()
    driver = os.fork()
    if not driver:
        asyncio.run(_all(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
        return
    while True:
        pid, status = os.wait()
        if pid == driver:
            os._exit(os.waitstatus_to_exitcode(status))


if __name__ == "__main__":
    main()
