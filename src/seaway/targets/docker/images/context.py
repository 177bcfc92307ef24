"""Context: what is sent to the builder; the same bytes for the same content."""

import hashlib
import io
import tarfile
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from seaway.targets.docker.images.trees import Entry, What, entries
from seaway.targets.docker.images.wheels import EPOCH

PIECE = 1 << 18
"""Bytes that are sent at once."""


@dataclass(slots=True)
class Context:
    """Files and whole trees, by the names that the Dockerfile has for them."""

    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    folders: dict[str, Path] = field(default_factory=dict[str, Path])

    def write(self, out: IO[bytes]) -> str:
        """As a tar file; return its SHA-256 in hex."""
        with tarfile.open(fileobj=out, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for folder in sorted(self._parents()):
                tar.addfile(_member(folder, tarfile.DIRTYPE))
            for name, data in sorted(self.files.items()):
                member = _member(name, tarfile.REGTYPE)
                member.size = len(data)
                tar.addfile(member, io.BytesIO(data))
            for at, top in sorted(self.folders.items()):
                for each in entries(top):
                    _add(tar, f"{at}/{each.name}", each)
        out.seek(0)
        whole = hashlib.sha256()
        while piece := out.read(PIECE):
            whole.update(piece)
        return whole.hexdigest()

    def _parents(self) -> set[str]:
        names = (*self.files, *(f"{each}/" for each in self.folders))
        above = {str(each) for name in names for each in PurePosixPath(name, "_").parents}
        return above - {".", *self.files}


async def pieces(data: IO[bytes]) -> AsyncIterator[bytes]:
    """From its start to its end."""
    data.seek(0)
    while piece := data.read(PIECE):
        yield piece


def _add(tar: tarfile.TarFile, name: str, entry: Entry) -> None:
    match entry.what:
        case What.FOLDER:
            tar.addfile(_member(name, tarfile.DIRTYPE))
        case What.LINK:
            member = _member(name, tarfile.SYMTYPE)
            member.linkname = str(entry.path.readlink())
            tar.addfile(member)
        case What.FILE:
            stat = entry.path.stat()
            member = _member(name, tarfile.REGTYPE)
            member.size = stat.st_size
            member.mode = 0o755 if stat.st_mode & 0o111 else 0o644
            with entry.path.open("rb") as data:
                tar.addfile(member, data)


def _member(name: str, kind: bytes) -> tarfile.TarInfo:
    """Of nobody, of no time, for all to read."""
    member = tarfile.TarInfo(name)
    member.type, member.mtime = kind, EPOCH
    member.mode = 0o755 if kind == tarfile.DIRTYPE else 0o644
    return member
