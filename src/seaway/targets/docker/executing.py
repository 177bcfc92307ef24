"""Executing: a command in the container of an instance, with this terminal or asked."""

import asyncio
import contextlib
import os
import shutil
import sys
import termios
import tty
from collections.abc import AsyncIterator, Generator, Sequence

from seaway.errors import NothingRunning
from seaway.model.json import Json
from seaway.ports.target import Said
from seaway.targets.docker.container import in_surroundings
from seaway.targets.docker.engine import Engine, Refused
from seaway.targets.docker.premises import Premises
from seaway.targets.docker.reading import number, text
from seaway.targets.local.record import Record

STDERR = 2
HEAD = 8
"""Bytes before each piece: which stream, and how long (Engine API, attach)."""
READ = 65536


async def asked(premises: Premises, record: Record, argv: Sequence[str]) -> Said:
    """Run to the end and hand over what it wrote.

    Raises:
        NothingRunning: there is no such container any more.
    """
    return await ran(premises.engine, await _made(premises, record, argv, {}))


async def ran(engine: Engine, name: str) -> Said:
    """What a command that waits to be started writes, to its end."""
    out, problem = bytearray(), bytearray()
    answer = engine.stream("POST", f"/exec/{name}/start", body={"Detach": False})
    async for stream, piece in pieces(answer):
        (problem if stream == STDERR else out).extend(piece)
    return Said(status=await _status(engine, name), out=bytes(out), problem=bytes(problem))


async def executed(premises: Premises, record: Record, argv: Sequence[str]) -> int:
    """Run with the terminal of this process; return the exit status. Raises as `asked` does."""
    terminal = at_terminal()
    more: dict[str, Json] = {"AttachStdin": True, "Tty": terminal}
    if terminal:
        more["Env"] = [f"TERM={premises.outside.get('TERM', 'dumb')}"]
    return await attached(premises.engine, await _made(premises, record, argv, more), terminal)


def at_terminal() -> bool:
    """Whether a command can be given the terminal of this process."""
    return sys.stdin.isatty() and sys.stdout.isatty()


async def attached(engine: Engine, name: str, terminal: bool) -> int:  # noqa: FBT001 -- as it is to be started
    """Start a command that waits, with what this process reads and writes; its exit status."""
    wish: Json = {"Detach": False, "Tty": terminal}
    async with engine.upgraded(f"/exec/{name}/start", wish) as (reader, writer):
        with _raw() if terminal else contextlib.nullcontext():
            if terminal:
                await _resize(engine, name)
            typed = asyncio.create_task(_send_typed(writer))
            try:
                if terminal:
                    while more := await reader.read(READ):
                        _write(1, more)
                else:
                    async for stream, piece in pieces(_read(reader)):
                        _write(STDERR if stream == STDERR else 1, piece)
            finally:
                typed.cancel()
    return await _status(engine, name)


async def pieces(answer: AsyncIterator[bytes]) -> AsyncIterator[tuple[int, bytes]]:
    """What came from which stream, out of the engine's way to send both on one connection."""
    waiting = bytearray()
    async for more in answer:
        waiting += more
        while len(waiting) >= HEAD:
            size = int.from_bytes(waiting[4:HEAD])
            if len(waiting) < HEAD + size:
                break
            yield waiting[0], bytes(waiting[HEAD : HEAD + size])
            del waiting[: HEAD + size]


async def _made(premises: Premises, record: Record, argv: Sequence[str], more: Json) -> str:
    """A command that waits to be started, with the environment of the instance."""
    run = premises.run_folder(record)
    wish: dict[str, Json] = {
        "AttachStdout": True, "AttachStderr": True, "Cmd": list(in_surroundings(run, argv)),
        **(more if isinstance(more, dict) else {}),
    }  # fmt: skip
    path = f"/containers/{premises.belonging.named(record.id)}/exec"
    try:
        return text(await premises.engine.call("POST", path, body=wish), "Id")
    except Refused as refused:
        if refused.missing or refused.there_already:
            raise NothingRunning("SW264", instance=record.id) from refused
        raise


async def _status(engine: Engine, name: str) -> int:
    return number(await engine.call("GET", f"/exec/{name}/json"), "ExitCode")


async def _resize(engine: Engine, name: str) -> None:
    """Once: a window that changes later is not followed."""
    size = shutil.get_terminal_size()
    query: dict[str, Json] = {"h": str(size.lines), "w": str(size.columns)}
    with contextlib.suppress(Refused):
        await engine.call("POST", f"/exec/{name}/resize", query=query)


async def _send_typed(writer: asyncio.StreamWriter) -> None:
    """What comes by standard input, to its end."""
    while data := await _typed():
        writer.write(data)
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _typed() -> bytes:
    """The next of it. Not by a thread: one that waits for a key could not be ended."""
    loop, there = asyncio.get_running_loop(), asyncio.Event()
    try:
        loop.add_reader(0, there.set)
    except PermissionError:  # a file, which is always there (epoll_ctl(2))
        return os.read(0, READ)
    try:
        await there.wait()
        return os.read(0, READ)
    finally:
        loop.remove_reader(0)


async def _read(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while more := await reader.read(READ):
        yield more


@contextlib.contextmanager
def _raw() -> Generator[None]:
    """Keys go to the command as they are pressed, Ctrl-C too."""
    before = termios.tcgetattr(0)
    tty.setraw(0)
    try:
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, before)


def _write(where: int, data: bytes) -> None:
    while data:
        data = data[os.write(where, data) :]
