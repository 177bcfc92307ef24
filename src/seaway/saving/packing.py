"""Packing: files into blocks and back. Large ones get their own, small ones share."""

import hashlib
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Protocol, Self

from seaway.model.backup import Piece, SavedFile
from seaway.saving.ahead import ahead
from seaway.saving.repository import Repository
from seaway.saving.sealing import Damaged

BLOCK = 4 << 20
"""Bytes of content: unchanged blocks of a table are not written again."""
SMALL = BLOCK // 4
"""Files below this share blocks: a database has a thousand of 8 kB."""
WORKERS = 2
WAITING = 8
"""Blocks that may wait to be sealed: what is read is not to pile up in memory."""


class Source(Protocol):
    """What bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


@dataclass(slots=True)
class _Draft:
    """A file whose blocks get their names meanwhile: that takes a digest of each."""

    file: SavedFile
    parts: list[tuple[Future[str], int, int]]
    """Block, and where in it."""

    def done(self) -> SavedFile:
        """The file with its pieces."""
        pieces = (Piece(block.result(), start, size) for block, start, size in self.parts)
        return replace(self.file, pieces=tuple(pieces))


@dataclass(slots=True)
class _Open:
    """A small file that waits for its shared block."""

    file: SavedFile
    start: int


@dataclass(slots=True)
class Packer:
    """Puts files into a repository; use it in one thread, as a context."""

    repository: Repository
    known: set[str] = field(default_factory=set[str])
    """Blocks that are there already."""
    written: int = 0
    """Bytes that were new."""
    _files: list[SavedFile] = field(default_factory=list[SavedFile])
    _drafts: list[_Draft] = field(default_factory=list[_Draft])
    _shared: bytearray = field(default_factory=bytearray)
    _open: list[_Open] = field(default_factory=list[_Open])
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(WORKERS))
    _busy: list[Future[str]] = field(default_factory=list[Future[str]])
    _lock: threading.Lock = field(default_factory=threading.Lock)
    """Of what the pool adds to."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def add(self, path: str, source: Source, facts: Mapping[str, str] | None = None) -> SavedFile:
        """Keep all that can be read; where that lies is told by `files`."""
        digest, size, parts = hashlib.sha256(), 0, list[tuple[Future[str], int, int]]()
        while content := _filled(source, BLOCK):
            digest.update(content)
            size += len(content)
            if size <= len(content) and len(content) < SMALL:
                break
            parts.append((self._keep(bytes(content)), 0, len(content)))
        else:
            content = b""
        file = SavedFile(path=path, size=size, digest=digest.hexdigest(), facts=facts or {})
        if content:
            self._open.append(_Open(file, len(self._shared)))
            self._shared += content
            if len(self._shared) >= BLOCK:
                self._close_shared()
        else:
            self._drafts.append(_Draft(file, parts))
        return file

    def reuse(self, file: SavedFile) -> None:
        """Keep a file as an earlier backup has it: nothing is read."""
        self._files.append(file)

    def files(self) -> tuple[SavedFile, ...]:
        """All files so far, once their blocks are written; begins anew for another store.

        Raises:
            OSError: a block could not be written.
        """
        if self._shared:
            self._close_shared()
        self._await(0)
        every = (*self._files, *(each.done() for each in self._drafts))
        self._files, self._drafts = [], []
        return tuple(sorted(every, key=lambda each: each.path))

    def _close_shared(self) -> None:
        block = self._keep(bytes(self._shared))
        for each in self._open:
            self._drafts.append(_Draft(each.file, [(block, each.start, each.file.size)]))
        self._shared, self._open = bytearray(), []

    def _keep(self, content: bytes) -> Future[str]:
        self._await(WAITING)
        block = self._pool.submit(self._kept, content)
        self._busy.append(block)
        return block

    def _kept(self, content: bytes) -> str:
        """The name of a block that is there then, or soon: another may be writing it."""
        name = self.repository.seal.name(content)
        with self._lock:
            if name in self.known:
                return name
            self.known.add(name)
        written = self.repository.keep(name, content)
        with self._lock:
            self.written += written
        return name

    def _await(self, most: int) -> None:
        while len(self._busy) > most:
            self._busy.pop(0).result()


def _filled(source: Source, size: int) -> bytes | bytearray:
    """So many bytes, or all that are left."""
    first = source.read(size)
    if not first or len(first) == size:
        return first
    whole = bytearray(first)
    while len(whole) < size and (more := source.read(size - len(whole))):
        whole += more
    return whole


class Unpacker:
    """Reads files out of a repository; the block read last is kept, for small files share it."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._name, self._content = "", b""
        self._coming: Iterator[tuple[str, bytes]] = iter(())

    def each(
        self, files: Sequence[SavedFile]
    ) -> Iterator[tuple[SavedFile, Iterator[bytes | memoryview]]]:
        """All of them with their chunks, to be used up one after the other: blocks come ahead.

        Those that share a block follow each other, so that each is read once.
        """
        turn: dict[str, int] = {}
        for file in files:
            for piece in file.pieces[:1]:
                turn.setdefault(piece.block, len(turn))
        ordered = sorted(files, key=lambda file: _first(file, turn))
        names = [name for name, _ in groupby(
            piece.block for file in ordered for piece in file.pieces
        )]  # fmt: skip
        self._coming = zip(names, ahead(self._repository.opened, names), strict=True)
        self._name = ""
        for file in ordered:
            yield file, self.chunks(file)
        self._coming = iter(())

    def chunks(self, file: SavedFile) -> Iterator[bytes | memoryview]:
        """The content, checked before the end is told.

        Raises:
            Damaged: it is not what was saved.
        """
        digest, size = hashlib.sha256(), 0
        for piece in file.pieces:
            content = memoryview(self._block(piece.block))[piece.start : piece.start + piece.size]
            digest.update(content)
            size += len(content)
            yield content
        if size != file.size or digest.hexdigest() != file.digest:
            raise Damaged(file.path)

    def content(self, file: SavedFile) -> bytes:
        """The same at once."""
        return b"".join(self.chunks(file))

    def _block(self, name: str) -> bytes:
        if name != self._name:
            found = next(self._coming, None)
            self._name, self._content = found or (name, self._repository.opened(name))
        if name != self._name:
            raise Damaged(name)  # they were not used up in their order
        return self._content


def _first(file: SavedFile, turn: Mapping[str, int]) -> tuple[int, int]:
    """By its first block, and where it begins in it; those without content first."""
    return next(((turn[each.block], each.start) for each in file.pieces), (-1, 0))
