"""Carrying: everything a release runs from, out of this machine and ready to be taken elsewhere."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import IO, cast

from seaway.model.release import Release
from seaway.model.workload import Build, Command, PackageFile, Server, Workload
from seaway.targets.docker.carried import FILES, IMAGES, RELEASES, image_key
from seaway.targets.docker.engine import Engine
from seaway.targets.docker.images.context import Context
from seaway.targets.docker.images.trees import What, entries
from seaway.targets.docker.premises import ImageSource
from seaway.targets.docker.reading import at
from seaway.targets.local.builds import Builds
from seaway.values import dumped

STATIC = "static"
"""The part that serves a folder."""
OURS = "seaway/"
"""Start of the names of images that are made here."""
DIGITS = 16
"""Of the digest by which a folder is known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A release as it is to run elsewhere, and what it needs there beside images."""

    release: Release
    """Its paths are those of the other machine."""
    folders: Mapping[str, Path] = field(default_factory=dict[str, Path])
    """Folders of this machine, by the digest of what is in them."""
    packages: tuple[PackageFile, ...] = ()
    """Single files out of published packages; they are on this machine."""

    def write(self, out: IO[bytes], images: Mapping[str, str]) -> None:
        """As a tar file, to be unpacked in the folder `carried`; names of images by their keys."""
        files = {f"{IMAGES}/{key}": name.encode() for key, name in images.items()}
        files[f"{RELEASES}/{self.release.digest}.json"] = dumped(self.release).encode()
        Context(files, {f"{FILES}/{key}": each for key, each in self.folders.items()}).write(out)


async def load_of(release: Release, builds: Builds, carried: Path) -> Load:
    """What a release takes along; front ends are built. `carried` is its folder elsewhere."""
    folders: dict[str, Path] = {}
    workloads: list[Workload] = []
    packages: dict[str, PackageFile] = {}
    for each in release.workloads:
        workload = each
        if isinstance(each.program, Server) and (here := await _shown(each.program, builds)):
            key = await asyncio.to_thread(_digest, here)
            folders[key] = here
            settings = {**each.program.settings, "root": str(carried / FILES / key)}
            workload = replace(each, program=replace(each.program, settings=settings, build=None))
        if isinstance(each.program, Command):
            packages |= {file.name: file for file in each.program.files}
        workloads.append(workload)
    await builds.fetch(tuple(packages.values()), lambda _: None)
    return Load(
        release=replace(release, workloads=tuple(workloads)), folders=folders,
        packages=tuple(packages.values()),
    )  # fmt: skip


async def images_of(workloads: Sequence[Workload], images: ImageSource) -> dict[str, str]:
    """Have every image that they run in; their ids, by what they are wanted for."""
    wanted = {image_key(each): each for each in workloads}
    return {key: await images.ensure(each) for key, each in wanted.items()}


async def tagged(engine: Engine, image: str) -> str:
    """The name of an image, ours before others: its id may be another in another engine."""
    found = await engine.call("GET", f"/images/{image}/json")
    tags = cast("list[str]", at(found, "RepoTags") or [])
    return min(tags, key=lambda each: not each.startswith(OURS)) if tags else image


async def _shown(program: Server, builds: Builds) -> Path | None:
    """The folder that it serves."""
    if program.part != STATIC:
        return None
    build: Build | None = program.build
    if build is None:
        return Path(str(program.settings["root"]))
    _, output = await builds.make(build)
    return output


def _digest(folder: Path) -> str:
    """Changes when what is in it does."""
    whole = hashlib.sha256()
    for each in entries(folder):
        whole.update(f"{each.what} {each.name}\0".encode())
        if each.what is What.FILE:
            whole.update(hashlib.sha256(each.path.read_bytes()).digest())
        elif each.what is What.LINK:
            whole.update(str(each.path.readlink()).encode())
    return whole.hexdigest()[:DIGITS]
