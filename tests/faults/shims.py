"""What the tests of shims share: instances in a folder of their own, and waiting for facts."""

import asyncio
import json
import os
import signal
import sys
import textwrap
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from seaway.targets.local import launch
from seaway.targets.local.process import ProcessSpec

PREFIX = f"t{os.getpid()}-"


def python(code: str) -> tuple[str, ...]:
    """A command that runs this code, unbuffered."""
    return (sys.executable, "-I", "-S", "-u", "-c", textwrap.dedent(code))


def alive(pid: int) -> bool:
    """Whether it runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return False
    return stat.rpartition(b")")[2].split()[0] not in {b"Z", b"X"}


async def until(fact: Callable[[], object], limit: float = 20.0) -> None:
    """Return once it is true; for facts of which nobody tells."""
    async with asyncio.timeout(limit):
        while not fact():  # noqa: ASYNC110 -- the kernel sets no event
            await asyncio.sleep(0.01)


@dataclass
class Instances:
    """Makes instances below one folder and ends them all."""

    root: Path
    made: list[ProcessSpec] = field(default_factory=list)

    def spec(self, *argv: str, **other: object) -> ProcessSpec:
        name = f"{PREFIX}{len(self.made)}"  # others may be testing on this machine
        folder = self.root / "instances" / name
        folder.mkdir(parents=True)
        given = {
            "folder": folder,
            "run_folder": self.root / "run" / "stack" / name,
            "argv": argv,
            "env": {"PATH": os.environ["PATH"]},
            "cwd": Path("/"),
            "log": self.root / "logs" / "web" / f"{name}.jsonl",
            **other,
        }
        spec = ProcessSpec(**given)
        self.made.append(spec)
        return spec

    async def start(self, *argv: str, **other: object) -> ProcessSpec:
        spec = self.spec(*argv, **other)
        await launch.launch(spec)
        return spec

    async def end(self) -> None:
        for spec in self.made:
            shim = launch.holder(spec.folder)
            if shim:
                os.kill(shim, signal.SIGKILL)
                await launch.ended(spec.folder)
            await launch.sweep(spec.folder)


def said(spec: ProcessSpec, stream: str = "stdout") -> list[str]:
    """Lines of the newest log file; one that is being written is none yet."""
    if not spec.log.exists():
        return []
    whole = spec.log.read_text().rpartition("\n")[0]
    lines = [json.loads(line) for line in whole.splitlines()]
    return [line["m"] for line in lines if line["s"] == stream]


def shim_with_groups_at(mount: str, folder: Path) -> Path:
    """A shim for a machine whose control groups are somewhere else, or nowhere."""
    program = folder / "another_shim.py"
    original = Path(launch.__file__).with_name("shim.py")
    program.write_text(
        original.read_text()
        .replace("os.path.dirname(os.path.abspath(__file__))", repr(str(original.parent)))
        .replace(
            "    from seaway.targets.local.keeper",
            "    from seaway.targets.local import limits\n"
            f"    limits.MOUNT = {mount!r}\n"
            "    from seaway.targets.local.keeper",
        )
    )
    return program
