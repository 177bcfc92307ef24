"""What PostgreSQL gives over its replication protocol: a base backup, and its log as it comes."""

import asyncio
import json
import struct
import tarfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from io import BufferedReader, RawIOBase
from queue import Queue
from typing import TYPE_CHECKING

from seaway.model.backup import SavedFile
from seaway.saving.log_positions import position, shown
from seaway.saving.packing import Packer
from seaway.saving.sealing import Damaged
from seaway.wire.postgres import Connection, Login, Refused, connected, refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer  # only checkers have it

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""What PostgreSQL counts microseconds from."""
MANIFEST = "backup_manifest"
AHEAD = 64
"""Messages of the server (32 kB each) that may wait to be packed."""
EXISTS = "42710"
"""SQLSTATE of a slot that is there already."""


@dataclass(frozen=True, slots=True)
class System:
    """Which cluster it is, and where its log is."""

    id: str
    timeline: int
    position: int


@asynccontextmanager
async def replicating(login: Login) -> AsyncGenerator[Connection]:
    """A session that speaks the replication protocol."""
    async with connected(replace(login, replication=True)) as session:
        yield session


async def system(session: Connection) -> System:
    """Who answers there."""
    [row] = await session.run("IDENTIFY_SYSTEM")
    return System(row[0] or "", int(row[1] or 0), position(row[2] or "0/0"))


async def make_slot(session: Connection, name: str) -> None:
    """Let the server keep its log for us from now on; nothing where it does already."""
    try:
        await session.run(f'CREATE_REPLICATION_SLOT "{name}" PHYSICAL (RESERVE_WAL)')
    except Refused as refused:
        if refused.state != EXISTS:
            raise


# ---------------------------------------------------------------------------------- base backup


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A base backup: its files, and what of the log it needs."""

    files: tuple[SavedFile, ...]
    timeline: int
    start: int
    end: int


async def base_backup(session: Connection, label: str, packer: Packer) -> Base:
    """Take one, with the log it needs; every file is compared with what the server says of it.

    Raises:
        Refused: the server would not.
        Damaged: what came is not what the server says it sent.
    """
    queue: Queue[bytes] = Queue(AHEAD)
    packing = asyncio.create_task(asyncio.to_thread(_packed, queue, packer))
    try:
        manifest = await _received(session, label, _Incoming(queue, packing))
        files = await packing
    finally:
        packing.cancel()
        _hang_up(queue)
    told = json.loads(manifest)
    _compare(told, {each.path: each for each in files})
    [ranges] = told["WAL-Ranges"]
    saved = await asyncio.to_thread(_with_manifest, manifest, packer)
    return Base(
        files=saved, timeline=ranges["Timeline"], start=position(ranges["Start-LSN"]),
        end=position(ranges["End-LSN"]),
    )  # fmt: skip


def _with_manifest(manifest: bytes, packer: Packer) -> tuple[SavedFile, ...]:
    packer.add(MANIFEST, _Bytes(manifest))
    return packer.files()


@dataclass(slots=True)
class _Incoming:
    """What a base backup consists of, sorted as it comes."""

    queue: "Queue[bytes]"
    packing: asyncio.Task[list[SavedFile]]
    manifest: bytearray = field(default_factory=bytearray)
    of_archive: bool = True

    async def take(self, kind: bytes, body: bytes) -> None:
        """`n`: a new archive, `m`: the manifest from here on, `d`: content, `p`: progress."""
        match kind:
            case b"n":
                _refuse_tablespace(body)
            case b"m":
                self.of_archive = False
            case b"d" if self.of_archive:
                await _put(self.queue, body, self.packing)
            case b"d":
                self.manifest += body
            case _:
                pass


async def _received(session: Connection, label: str, incoming: _Incoming) -> bytes:
    """Hand the archive on as it comes; return the manifest of the server."""
    session.send(b"Q", (
        f"BASE_BACKUP (LABEL '{label}', CHECKPOINT 'fast', WAL, WAIT false, "
        "MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256')"
    ).encode() + b"\0")  # fmt: skip
    refused = None
    while True:
        kind, body = await session.receive()
        if kind == b"d":
            await incoming.take(body[:1], body[1:])
        elif kind == b"E":
            refused = refusal(body)
        elif kind == b"Z" and refused:
            raise refused
        elif kind == b"Z":
            await _put(incoming.queue, b"", incoming.packing)
            return bytes(incoming.manifest)


def _refuse_tablespace(body: bytes) -> None:
    if body.split(b"\0", 2)[1]:
        raise Refused("0A000", "tablespaces are not saved")


async def _put(
    queue: "Queue[bytes]", body: bytes, packing: asyncio.Task[list[SavedFile]]
) -> None:  # fmt: skip
    """Wait for room without holding up the loop; what failed behind the queue is raised here."""
    while queue.full():
        if packing.done():
            await packing
            raise Damaged("the archive goes on after its end")
        await asyncio.sleep(0.002)
    queue.put_nowait(body)


def _hang_up(queue: "Queue[bytes]") -> None:
    while not queue.empty():
        queue.get_nowait()
    queue.put_nowait(b"")


def _packed(queue: "Queue[bytes]", packer: Packer) -> list[SavedFile]:
    """Take the archive apart: each file by itself, so that what is as before is found again."""
    stream = BufferedReader(_Stream(queue), 1 << 20)
    done: list[SavedFile] = []
    try:
        with tarfile.open(mode="r|", fileobj=stream, bufsize=1 << 20) as archive:
            for member in archive:
                content = archive.extractfile(member) if member.isfile() else None
                path = member.name.removeprefix("./")
                if content is not None:
                    done.append(packer.add(path, content))
                elif member.isdir():
                    done.append(packer.add(f"{path}/", _Bytes(b"")))
    except tarfile.TarError as error:
        raise Damaged("the archive of the base backup") from error
    while stream.read(1 << 20):  # what sends must not be held up by padding
        pass
    return done


class _Stream(RawIOBase):
    """What comes through a queue, as a file."""

    def __init__(self, queue: "Queue[bytes]") -> None:
        super().__init__()
        self._queue, self._left, self._over = queue, memoryview(b""), False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        if not self._left and not self._over:
            part = self._queue.get()
            self._over, self._left = not part, memoryview(part)
        target = memoryview(buffer)
        count = min(len(target), len(self._left))
        target[:count] = self._left[:count]
        self._left = self._left[count:]
        return count


class _Bytes:
    """Bytes as a file."""

    def __init__(self, content: bytes) -> None:
        self._left = content

    def read(self, size: int) -> bytes:
        part, self._left = self._left[:size], self._left[size:]
        return part


def _compare(told: dict[str, list[dict[str, str | int]]], files: dict[str, SavedFile]) -> None:
    """As pg_verifybackup does: every file the server sent is here, and just as it sent it."""
    for each in told["Files"]:
        path = str(each["Path"])
        found = files.get(path)
        if found is None or (found.size, found.digest) != (each["Size"], each["Checksum"]):
            raise Damaged(path)


# ------------------------------------------------------------------------------------ the log


@dataclass(frozen=True, slots=True)
class Written:
    """Bytes of the log from a position on; empty for a sign of life."""

    start: int
    data: bytes


async def log_from(
    session: Connection, slot: str, timeline: int, start: int
) -> AsyncIterator[Written]:
    """The log as it is written, until the timeline ends or the server does.

    Raises:
        Refused: the server has it no more, or is no such cluster.
        ConnectionError: it went away.
    """
    command = f'START_REPLICATION SLOT "{slot}" PHYSICAL {shown(start)} TIMELINE {timeline}'
    session.send(b"Q", command.encode() + b"\0")
    at = start
    while True:
        kind, body = await session.receive()
        if kind == b"E":
            raise refusal(body)
        if kind == b"c":
            return
        if kind == b"d" and body[:1] == b"w":
            (begun,) = struct.unpack_from("!Q", body, 1)
            yield Written(begun, body[25:])
            at = begun + len(body) - 25
        elif kind == b"d" and body[:1] == b"k":
            yield Written(at, b"")


def confirm(session: Connection, kept: int, now: Callable[[], datetime]) -> None:
    """Tell the server up to where its log is kept: it may forget that, and let commits return."""
    clock = (now() - EPOCH) // timedelta(microseconds=1)
    session.send(b"d", struct.pack("!cQQQQB", b"r", kept, kept, kept, clock, 0))


async def moment(session: Connection) -> tuple[datetime, int]:
    """A time by the server's clock, and where its log ended after it.

    All that was acknowledged by then is before that end: the clock is read first.
    """
    [row] = await session.run(
        "SELECT extract(epoch FROM clock_timestamp()), pg_current_wal_flush_lsn()"
    )
    at = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(float(row[0] or 0) * 1e6))
    return at, position(row[1] or "0/0")
