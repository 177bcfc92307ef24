"""Moving: images from one engine to another, but for the layers that the other one has.

What is sent is what `docker save` writes, which engines of every age can load. One that turns out
to need a layer that was left out is sent the whole.
"""

import asyncio
import json
import tarfile
import tempfile
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, cast
from urllib.parse import quote

from seaway.errors import StepFailed
from seaway.model.json import Json
from seaway.targets.docker.engine import Engine, Refused
from seaway.targets.docker.images.telling import told

PIECE = 1 << 20
END = bytes(1024)
"""Of an archive (tar(5))."""
GZIP = 31
"""The window of zlib that means gzip (zlib.h, deflateInit2)."""
ROOM = "/var/tmp"  # noqa: S108 -- a file without a name; memory may be too small for it
Progress = Callable[[int, int], None]
"""Told how many bytes have been sent, of how many."""
_Chain = tuple[str, ...]
"""Digests of layers, from the base of an image upwards."""
_Ranges = Sequence[tuple[int, int]]
"""From which byte to which."""


@dataclass(frozen=True, slots=True)
class _Archive:
    """What lies where in a file of images."""

    members: Mapping[str, tuple[int, int]]
    layers: Mapping[str, frozenset[_Chain]]
    """Each layer's file, and on what it lies in the images that have it, itself included."""

    def without(self, there: frozenset[_Chain]) -> _Ranges:
        """All but the layers that are there already."""
        known = {name for name, chains in self.layers.items() if chains <= there}
        return [each for name, each in self.members.items() if name not in known]

    @property
    def whole(self) -> _Ranges:
        """All of it."""
        return list(self.members.values())


async def lacking(here: Engine, there: Engine, names: Sequence[str]) -> tuple[str, ...]:
    """Which images the other engine does not have just so."""
    return tuple([each for each in names if await _differs(here, there, each)])


async def move(here: Engine, there: Engine, names: Sequence[str], progress: Progress) -> None:
    """Bring images, by name, into the other engine.

    Raises:
        StepFailed: SW222, it does not take them.
    """
    with tempfile.TemporaryFile(dir=ROOM, prefix="seaway-images-") as file:
        await saved(here, names, file)
        archive = await asyncio.to_thread(_archive, file)
        chains = await _chains(there)
        try:
            await _sent(there, file, archive.without(chains), progress)
        except StepFailed:
            await _sent(there, file, archive.whole, progress)


async def saved(engine: Engine, names: Sequence[str], file: IO[bytes]) -> None:
    """Write images to a file, each layer once."""
    query = "&".join(f"names={quote(each, safe='')}" for each in names)
    async for piece in engine.stream("GET", f"/images/get?{query}"):
        await asyncio.to_thread(file.write, piece)
    file.flush()


async def loaded(engine: Engine, file: IO[bytes], progress: Progress) -> None:
    """Give an engine the images of a file, but for the layers it has.

    Raises:
        StepFailed: SW222, it does not take them.
    """
    archive = await asyncio.to_thread(_archive, file)
    await _sent(engine, file, archive.without(await _chains(engine)), progress)


async def _sent(there: Engine, file: IO[bytes], ranges: _Ranges, progress: Progress) -> None:
    stream = there.stream(
        "POST", "/images/load", query={"quiet": "1"}, body=_packed(file, ranges, progress),
        kind="application/x-tar",
    )  # fmt: skip
    try:
        async for each in told(stream):
            if problem := each.get("error"):
                raise StepFailed("SW222", problem=problem)
    except Refused as error:
        raise StepFailed("SW222", problem=str(error.facts["problem"])) from error


async def _packed(file: IO[bytes], ranges: _Ranges, progress: Progress) -> AsyncIterator[bytes]:
    """Compressed quickly: a line to a host is slower than this machine, most often."""
    packer = zlib.compressobj(1, wbits=GZIP)
    total, done = sum(end - start for start, end in ranges), 0
    for start, end in ranges:
        file.seek(start)
        for size in _sizes(end - start):
            yield packer.compress(await asyncio.to_thread(file.read, size))
            done += size
            progress(done, total)
    yield packer.compress(END) + packer.flush()


def _sizes(left: int) -> Sequence[int]:
    return [PIECE] * (left // PIECE) + [left % PIECE] * (left % PIECE > 0)


def _archive(file: IO[bytes]) -> _Archive:
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as tar:
        found = tar.getmembers()
        ends = [*(each.offset for each in found[1:]), tar.offset]
        images = cast("list[dict[str, object]]", _read(tar, "manifest.json"))
        layers: dict[str, set[_Chain]] = {}
        for image in images:
            config = cast("Mapping[str, Mapping[str, list[str]]]", _read(tar, str(image["Config"])))
            digests = tuple(config["rootfs"]["diff_ids"])
            for number, name in enumerate(cast("list[str]", image["Layers"]), 1):
                layers.setdefault(name, set()).add(digests[:number])
    return _Archive(
        members={each.name: (each.offset, end) for each, end in zip(found, ends, strict=True)},
        layers={name: frozenset(chains) for name, chains in layers.items()},
    )  # fmt: skip


def _read(tar: tarfile.TarFile, name: str) -> object:
    member = tar.extractfile(name)
    if member is None:
        raise StepFailed("SW222", problem=f"{name} is missing")
    return json.loads(member.read())


async def _chains(engine: Engine) -> frozenset[_Chain]:
    """What lies on what in an engine."""
    table = cast("list[Mapping[str, object]]", await engine.call("GET", "/images/json"))
    found: set[_Chain] = set()
    for each in table:
        layers = _layers(await _looked_at(engine, str(each["Id"])))
        found |= {layers[:number] for number in range(1, len(layers) + 1)}
    return frozenset(found)


async def _differs(here: Engine, there: Engine, name: str) -> bool:
    mine, other = await _looked_at(here, name), await _looked_at(there, name)
    if mine is None or other is None:
        return True
    return (_layers(mine), mine["Config"]) != (_layers(other), other["Config"])


async def _looked_at(engine: Engine, name: str) -> Mapping[str, Json] | None:
    try:
        found = await engine.call("GET", f"/images/{name}/json")
    except Refused as refused:
        if refused.missing:
            return None
        raise
    return cast("Mapping[str, Json]", found)


def _layers(found: Mapping[str, Json] | None) -> _Chain:
    system = cast("Mapping[str, list[str]]", (found or {}).get("RootFS") or {})
    return tuple(system.get("Layers") or ())
