"""Calls: the command line as a person calls it, many times a second, faults included."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

LIMIT = 30.0
"""Seconds after which a call counts as hanging."""
LEAVING = 2.0
"""Seconds that strace has to leave."""


@dataclass(frozen=True)
class Said:
    """What a call came to; the status is None when it hung."""

    status: int | None
    out: str
    err: str
    strace: str = ""

    @property
    def injected(self) -> int:
        """How often a call of the system was made to fail."""
        return self.strace.count("(INJECTED)")


@dataclass
class Calls:
    """Calls for one stack, in a folder of its own, with a state folder that may be anywhere."""

    folder: Path
    state: Path
    door: Path
    count: int = 0
    watch: Callable[[str], object] = lambda _: None
    """Is shown what strace wrote of each call."""
    more: dict[str, str] = field(default_factory=dict[str, str])

    async def __call__(
        self, *words: str, stdin: str = "", fault: str = "", follow: bool = False
    ) -> Said:
        """Make one; `fault` is what strace injects, `follow` into threads and children too."""
        running = await self.begin(*words, stdin=stdin, fault=fault, follow=follow)
        return await running.ended()

    async def begin(
        self, *words: str, stdin: str = "", fault: str = "", follow: bool = False
    ) -> "Running":
        """Start one, and let it run."""
        self.count += 1
        base = self.folder / f"call-{self.count}"
        base.with_suffix(".in").write_text(stdin)
        reader, writer = await asyncio.open_unix_connection(self.door)
        call = {
            "words": words, "folder": str(self.folder), "stopped": bool(fault),
            "environment": {"SEAWAY_STATE": str(self.state), **self.more},
            **{name: str(base.with_suffix(end)) for name, end in STREAMS},
        }  # fmt: skip
        try:
            writer.write(json.dumps(call).encode() + b"\n")
            pid = int(await reader.readline())
        except BaseException:
            await closed(writer)
            raise
        running = Running(pid, base, reader, writer, self.watch)
        if fault:
            await running.attach(fault, follow=follow)
        return running


BOOT = 'mount --bind "$0" /proc/sys/kernel/random/boot_id && exec "$@"'
STREAMS = (("stdin", ".in"), ("stdout", ".out"), ("stderr", ".err"))


@dataclass
class Running:
    """A call that has begun."""

    pid: int
    base: Path
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    watch: Callable[[str], object]
    strace: asyncio.subprocess.Process | None = None

    async def attach(self, fault: str, *, follow: bool) -> None:
        """Have strace at it, then let it go on."""
        stat = Path(f"/proc/{self.pid}/stat")
        while stat.read_bytes().rpartition(b") ")[2][:1] != b"T":  # noqa: ASYNC110 -- stops itself
            await asyncio.sleep(0.001)
        more = ("-f",) if follow else ()
        self.strace = await asyncio.create_subprocess_exec(
            "strace", *more, "-o", str(self.base.with_suffix(".strace")), "-p", str(self.pid),
            *fault.split(), stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        pipe = self.strace.stderr
        assert pipe is not None
        said = await pipe.readline()
        assert b"attached" in said, said
        os.kill(self.pid, signal.SIGCONT)

    async def detach(self) -> None:
        """Take strace away; what it was at goes on.

        Asked to leave amid a vfork, strace waits for the parent, which waits for a child that
        strace holds: then it is killed, and the kernel lets both go.
        """
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.strace is not None and self.strace.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.strace.pid, number)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.strace.wait(), LEAVING)

    async def ended(self, limit: float = LIMIT) -> Said:
        """What came of it; one that hangs is killed."""
        status: int | None = None
        try:
            async with asyncio.timeout(limit):
                status = int(await self.reader.readline() or b"-1")
        except TimeoutError:
            self.kill()
        finally:  # whoever waits may be cancelled by a cut of the power
            await closed(self.writer)
        await self.detach()
        texts = [self.base.with_suffix(end) for end in (".out", ".err", ".strace")]
        read = [each.read_text(errors="replace") if each.exists() else "" for each in texts]
        for each in (*texts, self.base.with_suffix(".in")):
            each.unlink(missing_ok=True)
        self.watch(read[2])
        return Said(status, *read)

    def kill(self) -> None:
        """As a power cut does."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close a connection, and wait until it is."""
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def zygote(folder: Path, *, boot: Path | None = None) -> AsyncIterator[Path]:
    """The door of a process that is ready to make calls.

    With `boot`, that file is what it reads as the boot id of the machine.
    """
    door = folder / "door"
    root = Path(__file__).parents[3]
    path = os.pathsep.join((str(root), *filter(None, sys.path)))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SEAWAY_")}
    own = ("unshare", "--mount", "--propagation", "slave", "sh", "-c", BOOT, str(boot))
    process = await asyncio.create_subprocess_exec(
        *(own if boot else ()), sys.executable, "-m", "tests.faults.torture.zygote", str(door),
        cwd=root,
        env={**kept, "PYTHONPATH": path, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "NO_COLOR": "1"},
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert await process.stdout.readline() == b"ready\n", "Seaway could not be loaded"
        yield door
    finally:
        with contextlib.suppress(ProcessLookupError):  # what it died of is the error to be told
            process.kill()
        await process.wait()


def processes_of(*places: Path) -> list[int]:
    """Pids of all that works for a state folder: by environment, arguments, or what it has open."""
    marks = [str(place).encode() for place in places]
    return [
        int(entry.name) for entry in Path("/proc").glob("[0-9]*")
        if int(entry.name) != os.getpid() and _mentions(entry, marks)
    ]  # fmt: skip


def _mentions(entry: Path, marks: list[bytes]) -> bool:
    for name in ("environ", "cmdline"):
        with contextlib.suppress(OSError):
            text = (entry / name).read_bytes()
            if any(mark in text for mark in marks):
                return True
    with contextlib.suppress(OSError):
        for link in (entry / "fd").iterdir():
            with contextlib.suppress(OSError):
                if any(os.fsencode(link.readlink()).startswith(mark) for mark in marks):
                    return True
    return False


async def kill_all(*places: Path) -> None:
    """End everything that works for those folders; supervisors heal, so until none is left."""
    async with asyncio.timeout(20):
        while found := processes_of(*places):
            for pid in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            await asyncio.sleep(0.02)


def forget(*stacks: str) -> None:
    """Remove their folders in memory, which a power cut takes as well."""
    for stack in stacks:
        shutil.rmtree(f"/dev/shm/seaway-{os.getuid()}/{stack}", ignore_errors=True)
