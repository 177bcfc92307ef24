"""Wheels: what is installed into images, fetched on this machine and made here where need be.

This machine knows its mirror, its proxies and whom it trusts; images need to know none of it, and
no builder a network.
"""

import asyncio
import hashlib
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_wheel_filename

from seaway.errors import StepFailed
from seaway.targets.docker.images.bases import Base
from seaway.targets.docker.images.pins import Pin, written
from seaway.targets.docker.images.trees import copied
from seaway.targets.local.running import run_tool
from seaway.targets.local.snapshots import COMPLETE
from seaway.targets.local.tools import find_uv

UNUSED = 30 * 24 * 3600.0
"""Seconds after which a folder of wheels that nobody wanted is removed."""
LONGEST = 1800.0
"""Seconds for all packages of one image."""
EPOCH = 1_735_689_600
"""2025-01-01: the age of whatever has none of its own, so that equal content is equal."""


@dataclass(frozen=True, slots=True)
class Wheels:
    """Folders of wheels, one for each list of packages."""

    kept: Path
    network: Mapping[str, str]
    """The environment of what fetches: it says where packages come from."""

    async def fetched(self, pins: Sequence[Pin], base: Base, projects: Sequence[Path]) -> Path:
        """A folder with a wheel of each of these packages and of each of these projects.

        Raises:
            StepFailed: SW267, one cannot be had; SW268, it cannot be made for this platform.
        """
        projects = sorted(projects)
        folder = self.kept / await asyncio.to_thread(_key, pins, base, projects)
        if await asyncio.to_thread((folder / COMPLETE).exists):
            (folder / COMPLETE).touch()  # used: not among those that are forgotten
            return folder
        await asyncio.to_thread(_forget, self.kept)
        await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        await asyncio.to_thread(folder.mkdir, mode=0o755, parents=True)
        with tempfile.TemporaryDirectory(prefix="seaway-wheels-") as scratch:
            if pins:
                await self._download(pins, base, folder, Path(scratch))
            for sdist in _others(folder):
                await self._build(sdist, folder, base)
                sdist.unlink()
            for number, project in enumerate(projects):
                copy = Path(scratch, str(number))
                await asyncio.to_thread(copied, project, copy)
                await self._build(copy, folder, base)
        (folder / COMPLETE).touch()
        return folder

    async def _download(self, pins: Sequence[Pin], base: Base, folder: Path, scratch: Path) -> None:
        wanted = scratch / "requirements.txt"
        wanted.write_text(written(tuple(pins)))
        platforms = [word for each in base.platforms for word in ("--platform", each)]
        argv = (
            sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--no-deps",
            "--disable-pip-version-check", "--require-hashes", "--implementation", "cp",
            "--python-version", base.python, *platforms, "--dest", str(folder),
            "--requirement", str(wanted),
        )  # fmt: skip
        await self._run(argv, scratch, "pip download")

    async def _build(self, source: Path, folder: Path, base: Base) -> None:
        """A wheel of a project, or of a source package."""
        uv = find_uv(self.network)
        if uv is None:
            raise StepFailed("SW258", folder=str(source))
        before = _made(folder)
        argv = (str(uv), "build", "--wheel", "--quiet", "--out-dir", str(folder), str(source))
        await self._run(argv, source.parent, f"uv build {source.name}")
        for made in _made(folder) - before:
            if not made.name.endswith("-any.whl"):
                raise StepFailed("SW268", package=made.name.partition("-")[0], image=base.name)

    async def _run(self, argv: tuple[str, ...], cwd: Path, what: str) -> None:
        env = {**self.network, "SOURCE_DATE_EPOCH": str(EPOCH)}
        status, output = await run_tool(argv, env, cwd, LONGEST)
        if status:
            last = output.strip().rpartition("\n")[2] or f"exit {status}"
            raise StepFailed("SW267", command=what, last=last, output=output)


def _forget(kept: Path) -> None:
    """Remove what nobody has used for long, and what was never completed."""
    for folder in kept.glob("*"):
        try:
            used = (folder / COMPLETE).stat().st_mtime
        except OSError:
            used = folder.stat().st_mtime
        if time.time() - used > UNUSED:
            shutil.rmtree(folder, ignore_errors=True)


def pins_of(folder: Path) -> tuple[Pin, ...]:
    """What lies in a folder of wheels, by its own hashes, in order of name."""
    found: list[Pin] = []
    for wheel in folder.glob("*.whl"):
        try:
            name, version, _, _ = parse_wheel_filename(wheel.name)
        except InvalidWheelFilename:
            continue
        with wheel.open("rb") as data:
            digest = hashlib.file_digest(data, "sha256").hexdigest()
        wanted = f"{canonicalize_name(name)}=={version}"
        found.append(Pin(name=name, wanted=wanted, hashes=(f"sha256:{digest}",)))
    return tuple(sorted(found, key=lambda each: each.name))


def _made(folder: Path) -> set[Path]:
    return set(folder.glob("*.whl"))


def _others(folder: Path) -> list[Path]:
    return [each for each in folder.iterdir() if each.suffix != ".whl" and each.name != COMPLETE]


def _key(pins: Sequence[Pin], base: Base, projects: Sequence[Path]) -> str:
    from seaway.targets.local.sources import fingerprint  # noqa: PLC0415 -- beside its only use

    prints = [fingerprint(each) for each in projects]
    state = "\0".join((written(tuple(pins)), base.python, *base.platforms, *prints))
    return hashlib.sha256(state.encode()).hexdigest()[:16]
