"""Bundles: one file with all that a stack runs from, for places where nothing can be pulled.

A gzipped tar: first what it is, then the files of `carried`, files of published packages, and the
images as `docker save` writes them.
"""

import asyncio
import gzip
import io
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import IO

from seaway.errors import UsageError
from seaway.model.release import Release
from seaway.model.workload import PackageFile, Server, Workload
from seaway.targets.docker.carried import FILES, Carried
from seaway.targets.docker.engine import Engine
from seaway.targets.docker.hosts.carrying import STATIC, Load
from seaway.targets.docker.hosts.moving import ROOM, Progress, loaded, saved
from seaway.values import dumped
from seaway.values import loaded as read

FORM = 1
ABOUT, CARRIED, PACKAGES, IMAGES = "bundle.json", "carried.tar", "packages", "images.tar"
ANYWHERE = Path("/")
"""Where the folders of a release in a bundle lie: moved when it is unpacked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What a bundle is."""

    release: Release
    needs: str
    """Which secrets it asks for; no value is in it."""
    form: int = FORM
    images: Mapping[str, str] = field(default_factory=dict[str, str])
    """Names, by what they are wanted for."""


async def write(engine: Engine, about: About, load: Load, packages: Path, out: IO[bytes]) -> None:
    """Put everything into one file."""
    with tempfile.TemporaryFile() as carried, tempfile.TemporaryFile(dir=ROOM) as images:
        await asyncio.to_thread(load.write, carried, about.images)
        await saved(engine, sorted({*about.images.values()}), images)
        parts = [(CARRIED, carried), (IMAGES, images)]
        await asyncio.to_thread(_write, about, parts, (packages, load.packages), out)


def _write(
    about: About,
    parts: Sequence[tuple[str, IO[bytes]]],
    packages: tuple[Path, tuple[PackageFile, ...]], out: IO[bytes],
) -> None:  # fmt: skip
    folder, files = packages
    with gzip.GzipFile(fileobj=out, mode="wb", compresslevel=1, mtime=0) as packed, tarfile.open(
        fileobj=packed, mode="w|", format=tarfile.GNU_FORMAT
    ) as tar:  # fmt: skip
        text = dumped(about).encode()
        _add(tar, ABOUT, io.BytesIO(text), len(text))
        for each in files:
            with (folder / each.name).open("rb") as data:
                _add(tar, f"{PACKAGES}/{each.name}", data, each.size)
        for name, file in parts:
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            _add(tar, name, file, size)


def _add(tar: tarfile.TarFile, name: str, data: IO[bytes], size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    tar.addfile(member, data)


async def unpack(
    file: Path, engine: Engine, carried_of: Callable[[About], Carried], packages: Path,
    progress: Progress,
) -> About:  # fmt: skip
    """Have everything of a bundle on this machine; what it is about.

    Raises:
        UsageError: SW239, there is none, it is no bundle, or it is damaged.
        StepFailed: SW222, the engine does not take its images.
    """
    with tempfile.TemporaryFile(dir=ROOM) as images:
        try:
            about = await asyncio.to_thread(_unpack, file, carried_of, packages, images)
        except (tarfile.TarError, EOFError, gzip.BadGzipFile, ValueError, KeyError) as error:
            raise UsageError("SW239", file=str(file), problem=str(error)) from error
        await loaded(engine, images, progress)
    return about


def _unpack(
    file: Path, carried_of: Callable[[About], Carried], packages: Path, images: IO[bytes]
) -> About:  # fmt: skip
    about: About | None = None
    carried: Carried | None = None
    with _opened(file) as raw, tarfile.open(fileobj=raw, mode="r|gz") as tar:
        for member in tar:
            data = tar.extractfile(member)
            if data is None:
                continue
            if member.name == ABOUT:
                about = read(About, data.read())
                carried = carried_of(about)
                carried.make()
            elif about is None or carried is None:
                raise ValueError("it does not begin as a bundle does")
            elif member.name == CARRIED:
                _spread(data, carried.folder)
            elif member.name == IMAGES:
                shutil.copyfileobj(data, images)
            else:
                _keep(data, packages / PurePosixPath(member.name).name)
    if about is None or about.form != FORM:
        raise ValueError("it is no bundle")
    return about


def _opened(file: Path) -> IO[bytes]:
    """To be read, or said of itself why not; what fails later is about this machine."""
    try:
        return file.open("rb")
    except OSError as error:
        problem = error.strerror or str(error)
        raise UsageError("SW239", file=str(file), problem=problem) from error


def _spread(data: IO[bytes], folder: Path) -> None:
    """Folders, files, and links that stay inside; nothing else, and nothing outside."""
    with tarfile.open(fileobj=data, mode="r|") as tar:
        for member in tar:
            name = PurePosixPath(member.name)
            if name.is_absolute() or ".." in name.parts:
                raise ValueError(f"{member.name} would lie elsewhere")
            there = folder / name
            if member.isdir():
                there.mkdir(mode=0o755, exist_ok=True)
            elif member.isfile() and (content := tar.extractfile(member)):
                there.unlink(missing_ok=True)
                there.write_bytes(content.read())
                there.chmod(member.mode & 0o755)
            elif member.issym() and not PurePosixPath(member.linkname).is_absolute():
                there.unlink(missing_ok=True)
                there.symlink_to(member.linkname)


def _keep(data: IO[bytes], file: Path) -> None:
    """Whole, or not at all: others may read it by its name."""
    if file.is_file():
        return
    file.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}")
    with draft.open("wb") as out:
        shutil.copyfileobj(data, out)
    draft.chmod(0o644)
    draft.replace(file)


def placed(release: Release, carried: Carried) -> Release:
    """The release of a bundle, with its folders where they lie on this machine."""
    return replace(release, workloads=tuple(_placed(each, carried) for each in release.workloads))


def _placed(workload: Workload, carried: Carried) -> Workload:
    program = workload.program
    if not isinstance(program, Server) or program.part != STATIC:
        return workload
    key = PurePosixPath(str(program.settings["root"])).name
    settings = {**program.settings, "root": str(carried.folder / FILES / key)}
    return replace(workload, program=replace(program, settings=settings))
