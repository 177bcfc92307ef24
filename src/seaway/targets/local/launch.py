"""Launch: starts shims, tells from their folders how they do, waits for them and stops them."""

import asyncio
import contextlib
import hashlib
import json
import marshal
import os
import signal
import socket
import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypedDict

from seaway.errors import StepFailed
from seaway.targets.local import limits
from seaway.targets.local import sweep as sweeping
from seaway.targets.local.copying import SHIM, Template
from seaway.targets.local.lock import holder, pin, pinned
from seaway.targets.local.order import Order
from seaway.targets.local.process import Identity, Life, ProcessSpec, ProcessState, errors_file
from seaway.targets.local.spawning import hung_up, spawned

ANSWER_WITHIN = 30.0
"""Seconds a shim may take to start its program, on a machine that is busy starting a stack."""
BEYOND_GRACE = 5.0
"""Seconds a shim may take longer than the grace, to kill the rest and put its things away."""
INSTANCE = "SEAWAY_INSTANCE"
FOLDER = "SEAWAY_FOLDER"
"""Both are in the environment of every process of an instance: leftovers are known by them."""

REFUSED = {
    "program": "SW201", "folder": "SW202", "identity": "SW203", "open files": "SW208",
    "run folder": "SW209", "state": "SW209", "process": "SW207",
}  # fmt: skip


class _Pid(TypedDict):
    pid: int
    born: int
    started: str
    grace: float
    run: str
    groups: list[str]


class _Exit(TypedDict):
    code: int
    reason: str
    started: str
    ended: str


async def launch(spec: ProcessSpec, template: Template | None = None) -> None:
    """Start a process; return once its program is being executed. With a template it is quicker.

    Raises:
        StepFailed: the program or its folder is not there or may not be used (then the instance
            has ended, with status 127 or 126), or the instance has been started before.
    """
    data = marshal.dumps(_order(spec))  # type: ignore[arg-type]  # plain values
    order = len(data).to_bytes(8, "little") + data
    copy = template.copy(spec.folder.name) if template else None
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            said = complaint = await _copied(copy, order) if copy else b""
            if not said:  # there is no copy, or it was killed before it could begin
                said, complaint = await _started(spec, order)
    except TimeoutError:
        raise StepFailed("SW204", instance=spec.folder.name, limit=ANSWER_WITHIN) from None
    if said.startswith(b"refused"):  # it is leaving, but may hold its lock for a moment
        await ended(spec.folder)
    _judge(spec, said.decode(), complaint.decode(errors="replace"))


async def _copied(shim: socket.socket, order: bytes) -> bytes:
    """What the copy of a template says to its order: an answer, or why there is none."""
    loop, said = asyncio.get_running_loop(), b""
    with shim, contextlib.suppress(ConnectionError):
        await loop.sock_sendall(shim, order)
        while more := await loop.sock_recv(shim, 4096):
            said += more
    return said


async def _started(spec: ProcessSpec, order: bytes) -> tuple[bytes, bytes]:
    """The same, of a shim that has to be loaded first."""
    words = (sys.executable, "-I", "-S", str(SHIM), spec.folder.name)
    process = await spawned(*words, env={"LANG": "C.UTF-8"})
    try:
        return await process.communicate(order)
    finally:
        await hung_up(process)


def state(folder: Path) -> ProcessState:
    """How the process of an instance folder does, or how it ended. Cheap; trusts no pid."""
    begun = os.path.exists(f"{folder}/pid")  # before the lock: what began and holds no lock is over
    shim = holder(folder)
    known = _known(folder) if begun or shim else None
    started = datetime.fromisoformat(known["started"]) if known else None
    if shim:
        pid = known["pid"] if known else 0
        return ProcessState(life=Life.RUNNING, shim=shim, pid=pid, started=started)
    if (over := _over(folder)) is not None:
        return ProcessState(
            life=Life.ENDED,
            started=datetime.fromisoformat(over["started"]),
            ended=datetime.fromisoformat(over["ended"]),
            code=over["code"],
            reason=over["reason"],
        )
    return ProcessState(life=Life.LOST if begun else Life.ABSENT, started=started)


def has_ended(folder: Path) -> bool:
    """Whether how it ended is written down; its shim has nothing else to do, if it still lives."""
    return os.path.exists(f"{folder}/exit")


class Watch:
    """Calls back once when a shim ends; `close` it to be called no more."""

    def __init__(self, fd: int, callback: Callable[[], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._fd = fd
        self._callback = callback
        self._loop.add_reader(fd, self._ended)

    @property
    def waits(self) -> bool:
        """Whether the end is still to come, as far as the loop has been told."""
        return self._fd >= 0

    def close(self) -> None:
        """Stop watching; safe to repeat."""
        if self._fd >= 0:
            self._loop.remove_reader(self._fd)
            os.close(self._fd)
            self._fd = -1

    def _ended(self) -> None:
        self.close()
        self._callback()


def wake_when_ended(folder: Path, callback: Callable[[], None]) -> Watch | None:
    """Have the running loop call back when the shim has ended; None when none lives."""
    found = pinned(folder)
    return Watch(found[1], callback) if found else None


async def ended(folder: Path) -> None:
    """Return when no shim of that folder lives."""
    over = asyncio.Event()
    while watch := wake_when_ended(folder, over.set):
        try:
            await over.wait()
        finally:
            watch.close()
        over.clear()


async def stop(folder: Path, *, grace: timedelta | None = None) -> None:
    """End a process and its whole tree; return when nothing of it is left. Safe to repeat.

    It is asked first, and killed after the grace: its own, or the one given here.
    """
    found = pinned(folder)
    if found is None:
        if state(folder).life is Life.LOST:
            await sweep(folder)
        return
    _, fd = found
    try:
        limit = _ask(folder, fd, grace)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(limit + BEYOND_GRACE):
                await ended(folder)
        if holder(folder):
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(fd, signal.SIGKILL)
            await ended(folder)
            await sweep(folder)
    finally:
        os.close(fd)


def kill(folder: Path, name: str) -> None:
    """Send the main process a signal, as an accident would; nothing where it is over.

    Its shim may outlive it, and then its number may be a stranger's: who it is counts.
    """
    known = _known(folder)
    if known is None or not holder(folder):
        return
    fd = pin(known["pid"])
    if fd is None:
        return
    with contextlib.suppress(ProcessLookupError):
        try:
            if sweeping.born(known["pid"]) == known["born"]:
                signal.pidfd_send_signal(fd, signal.Signals[name])
        finally:
            os.close(fd)


async def sweep(folder: Path) -> int:
    """Kill what a lost shim left behind and remove its run folder; return how many there were."""
    if holder(folder) or not (folder / "pid").exists():
        return 0
    known = _known(folder)
    traces = sweeping.Traces(
        markers=tuple(f"{name}={value}" for name, value in _markers(folder).items()),
        session=known["pid"] if known else 0,
        born=known["born"] if known else 0,
        groups=tuple({*(known["groups"] if known else ()), *limits.named(_group(folder))}),
        run_folder=Path(known["run"]) if known else None,
    )
    return await asyncio.to_thread(sweeping.swept, traces)


def _group(folder: Path) -> str:
    """What its control groups are called, also before anything is written down."""
    return f"seaway-{folder.name}-{hashlib.sha256(bytes(folder)).hexdigest()[:8]}"


def _order(spec: ProcessSpec) -> Order:
    number = signal.Signals[spec.stop_signal]
    return Order(
        folder=str(spec.folder),
        run_folder=str(spec.run_folder),
        argv=list(spec.argv),
        env={**spec.env, **_markers(spec.folder)},
        cwd=str(spec.cwd),
        log=str(spec.log),
        log_size=spec.log_keeping.size,
        log_files=spec.log_keeping.files,
        errors=str(errors_file(spec.log)) if spec.log_keeping.errors else "",
        errors_size=spec.log_keeping.errors.size if spec.log_keeping.errors else 0,
        errors_files=spec.log_keeping.errors.files if spec.log_keeping.errors else 0,
        stop_signal=int(number),
        grace=spec.grace.total_seconds(),
        group=_group(spec.folder),
        cpu=float(spec.limits.cpu),
        memory=spec.limits.memory,
        pids=spec.limits.pids,
        open_files=spec.limits.files,
        identity=_plain(spec.identity),
        lasting=spec.lasting,
        files=dict(spec.files),
    )


def _plain(identity: Identity | None) -> tuple[int, int, bool] | None:
    return None if identity is None else (identity.uid, identity.gid, identity.namespace)


def _markers(folder: Path) -> dict[str, str]:
    return {INSTANCE: folder.name, FOLDER: str(folder)}


def _judge(spec: ProcessSpec, said: str, complaint: str) -> None:
    """Raise what the shim answered, unless it started the program."""
    word, _, number = said.strip().rpartition(" ")
    instance = spec.folder.name
    match word.split(" ", 1):
        case ["started"]:
            return
        case ["held"]:
            raise StepFailed("SW205", instance=instance)
        case ["used"]:
            raise StepFailed("SW206", instance=instance)
        case ["refused", step]:
            problem = os.strerror(int(number))
            facts = {"instance": instance, "program": spec.argv[0], "folder": str(spec.cwd)}
            missing = step == "program" and int(number) == 2  # noqa: PLR2004 -- ENOENT
            raise StepFailed("SW200" if missing else REFUSED[step], **facts, problem=problem)
        case _:
            last = complaint.strip().rpartition("\n")[2]
            raise StepFailed("SW207", instance=instance, problem=last or "no answer")


def _ask(folder: Path, fd: int, grace: timedelta | None) -> float:
    """Send the shim the wish to end; return how many seconds its process has."""
    if grace is not None:
        with contextlib.suppress(OSError):  # it has the grace that it was started with
            (folder / "grace").write_text(str(grace.total_seconds()))
    known = _known(folder)
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(fd, signal.SIGTERM)
    if grace is not None:
        return grace.total_seconds()
    return known["grace"] if known else ANSWER_WITHIN


def _known(folder: Path) -> _Pid | None:
    """What the shim wrote at the start; None where there is nothing, or a power cut spoilt it."""
    try:
        with open(f"{folder}/pid", encoding="utf-8") as file:
            known: _Pid = json.loads(file.read())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return known


def _over(folder: Path) -> _Exit | None:
    """What the shim wrote at the end."""
    try:
        with open(f"{folder}/exit", encoding="utf-8") as file:
            over: _Exit = json.loads(file.read())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return over
