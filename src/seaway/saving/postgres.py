"""What PostgreSQL gives over its replication protocol: a base backup, and its log as it comes."""

import asyncio
import json
import struct
import tarfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BufferedReader, BytesIO, RawIOBase
from typing import TYPE_CHECKING, cast

import google_crc32c

from seaway.model.backup import SavedFile
from seaway.saving.log_positions import position, shown
from seaway.saving.packing import Packer
from seaway.saving.sealing import Damaged
from seaway.wire.postgres import Connection, Login, Refused, Stream, connected, refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer as Buffer  # only checkers have it

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
"""What PostgreSQL counts microseconds from."""
MANIFEST = "backup_manifest"
BUFFER = 1 << 20
"""Bytes of an archive that are taken at a time."""
EXISTS = "42710"
"""SQLSTATE of a slot that is there already."""
_extended = cast("Callable[[int, bytes], int]", google_crc32c.extend)  # pyright: ignore[reportUnknownMemberType] -- it has none


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
        OSError: the server hung up.
    """
    async with session.lent() as stream:
        files, manifest = await asyncio.to_thread(_received, stream, label, packer)
    told = json.loads(manifest)
    [ranges] = told["WAL-Ranges"]
    return Base(
        files=files, timeline=ranges["Timeline"], start=position(ranges["Start-LSN"]),
        end=position(ranges["End-LSN"]),
    )  # fmt: skip


def _received(stream: Stream, label: str, packer: Packer) -> tuple[tuple[SavedFile, ...], bytes]:
    """All files, and the manifest of the server, which is one more."""
    stream.send(b"Q", (
        f"BASE_BACKUP (LABEL '{label}', CHECKPOINT 'fast', WAL, WAIT false, "
        "MANIFEST 'yes', MANIFEST_CHECKSUMS 'CRC32C')"
    ).encode() + b"\0")  # fmt: skip
    incoming = _Incoming(stream)
    sums = _packed(BufferedReader(incoming, BUFFER), packer)
    manifest = incoming.manifest()
    _compare(json.loads(manifest), sums)
    packer.add(MANIFEST, BytesIO(manifest))
    return packer.files(), manifest


def _packed(stream: BufferedReader, packer: Packer) -> dict[str, tuple[int, str]]:
    """Take the archive apart: each file by itself, so that what is as before is found again.

    Size and checksum of each, by its path. Only headers are left to `tarfile`: what it reads
    from a stream it copies several times, and that took half of our time.
    """
    done: dict[str, tuple[int, str]] = {}
    while (head := stream.read(tarfile.BLOCKSIZE)).strip(b"\0"):
        try:
            member = tarfile.TarInfo.frombuf(head, "utf-8", "surrogateescape")
        except tarfile.TarError as error:
            raise Damaged("the archive of the base backup") from error
        path = member.name.removeprefix("./")
        if member.isfile():
            content = _Content(stream, member.size)
            done[path] = (packer.add(path, content).size, content.sum)
            stream.read(-member.size % tarfile.BLOCKSIZE)
        elif member.isdir():
            packer.add(f"{path}/", BytesIO())
    while stream.read(BUFFER):  # the padding of the archive
        pass
    return done


class _Content:
    """What a file in the archive holds, and its CRC-32C, as the server makes it in passing.

    What is kept has a digest of its own; a server without OpenSSL, as the one we bring, takes
    longer for SHA-256 than for all else that it does.
    """

    def __init__(self, stream: BufferedReader, size: int) -> None:
        self._stream, self._left, self._sum = stream, size, 0

    def read(self, size: int, /) -> bytes:
        part = self._stream.read(min(size, self._left))
        self._left -= len(part)
        self._sum = _extended(self._sum, part)
        return part

    @property
    def sum(self) -> str:
        """As it stands in a manifest."""
        return self._sum.to_bytes(4, "little").hex()


class _Incoming(RawIOBase):
    """The archive of a base backup as a file, and the manifest that comes after it."""

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self._stream, self._left, self._over = stream, memoryview(b""), False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "Buffer", /) -> int:
        while not self._left and not self._over:
            self._left = self._archive()
        target = memoryview(buffer)
        count = min(len(target), len(self._left))
        target[:count] = self._left[:count]
        self._left = self._left[count:]
        return count

    def _archive(self) -> memoryview:
        """The next piece: `n` says a new archive, `m` the manifest, `d` content, `p` progress."""
        kind, body = self._next()
        match kind, body[:1]:
            case b"d", b"n":
                _refuse_tablespace(body[1:])
            case b"d", b"d":
                return memoryview(body)[1:]
            case b"d", b"m":
                self._over = True
            case b"Z", _:
                raise Damaged(MANIFEST)  # there was none
            case _:
                pass
        return memoryview(b"")

    def manifest(self) -> bytes:
        """What comes after the archive; then the server waits for another command."""
        whole = bytearray()
        while True:
            kind, body = self._next()
            if kind == b"d" and body[:1] == b"d":
                whole += body[1:]
            elif kind == b"Z":
                return bytes(whole)

    def _next(self) -> tuple[bytes, bytes]:
        kind, body = self._stream.receive()
        if kind == b"E":
            raise refusal(body)
        return kind, body


def _refuse_tablespace(body: bytes) -> None:
    if body.split(b"\0", 2)[1]:
        raise Refused("0A000", "tablespaces are not saved")


def _compare(
    told: dict[str, list[dict[str, str | int]]], found: dict[str, tuple[int, str]]
) -> None:  # fmt: skip
    """As pg_verifybackup does: every file the server sent is here, and just as it sent it."""
    for each in told["Files"]:
        path = str(each["Path"])
        if found.get(path) != (each["Size"], each["Checksum"]):
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
