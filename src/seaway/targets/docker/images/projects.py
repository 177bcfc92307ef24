"""Projects: which packages a Python project asks for, exactly."""

import asyncio
import hashlib
import tempfile
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from seaway.durable import make_folder, write_whole
from seaway.errors import StepFailed
from seaway.targets.docker.images.bases import Base
from seaway.targets.local.builds import PROJECT_FILES
from seaway.targets.local.path_sources import path_sources
from seaway.targets.local.running import run_tool
from seaway.targets.local.tools import find_uv

LONGEST = 600.0
"""Seconds for finding out which versions go together."""
MODERN = 28
"""Of the GNU C library, 2.28: for older systems there are fewer packages (PEP 600)."""


@dataclass(frozen=True, slots=True)
class Projects:
    """Finds out, and remembers: the same files ask for the same packages for ever."""

    kept: Path
    network: Mapping[str, str]

    async def lock(self, folder: Path, base: Base) -> str:
        """As a requirements file with hashes.

        Raises:
            StepFailed: SW267, they do not go together, or one does not exist.
        """
        kept = self.kept / f"lock-{_key(folder, base)}.txt"
        if kept.is_file():
            return kept.read_text()
        text = await self._found(folder, base)
        make_folder(self.kept)
        write_whole(kept, text)
        return text

    async def _found(self, folder: Path, base: Base) -> str:
        uv = find_uv(self.network)
        if uv is None:
            raise StepFailed("SW258", folder=str(folder))
        with tempfile.TemporaryDirectory(prefix="seaway-lock-") as scratch:
            file = Path(scratch, "requirements.txt")
            argv = (str(uv), *_question(folder, base), "--output-file", str(file))
            status, said = await run_tool(argv, self.network, folder, LONGEST)
            if status:
                last = said.strip().rpartition("\n")[2] or f"exit {status}"
                command = " ".join(("uv", *argv[1:3]))
                raise StepFailed("SW267", command=command, last=last, output=said)
            return await asyncio.to_thread(file.read_text)


def is_project(folder: Path) -> bool:
    """Whether packages are to be installed for it."""
    return any((folder / name).is_file() for name in PROJECT_FILES[:3])


def project_name(folder: Path) -> str:
    """As its file says; else the name of its folder."""
    try:
        told = tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return folder.name
    return str(told.get("project", {}).get("name", folder.name))


def own_wheels(folder: Path) -> tuple[Path, ...]:
    """The projects of this machine that it is installed with, itself among them."""
    project = folder / "pyproject.toml"
    itself = project.is_file() and "[build-system]" in project.read_text()
    others = tuple(each.folder for each in path_sources(folder))
    return (*others, folder) if itself else others


def _question(folder: Path, base: Base) -> tuple[str, ...]:
    if (folder / "uv.lock").is_file():
        return (
            "export", "--quiet", "--frozen", "--no-dev", "--no-emit-project", "--no-emit-local",
            "--no-header", "--no-annotate", "--format", "requirements.txt",
        )  # fmt: skip
    project = folder / "pyproject.toml"
    plain = (folder / "requirements.txt").is_file() and not (
        project.is_file() and "[build-system]" in project.read_text()
    )
    modern = int(base.libc.split(".")[1]) >= MODERN
    system = "manylinux_2_28" if modern else "manylinux2014"
    return (
        "pip", "compile", "--quiet", "--no-header", "--no-annotate", "--generate-hashes",
        "--python-version", base.environment["python_full_version"], "--python-platform",
        f"{base.environment['platform_machine']}-{system}",
        "requirements.txt" if plain else "pyproject.toml",
    )  # fmt: skip


def _key(folder: Path, base: Base) -> str:
    whole = hashlib.sha256(f"{folder}\0{base.environment['python_full_version']}\0".encode())
    for each in (folder, *(other.folder for other in path_sources(folder))):
        for name in PROJECT_FILES:
            file = each / name
            whole.update(file.read_bytes() if file.is_file() else b"-")
    return whole.hexdigest()[:16]
