"""Looks for the packages that bring servers."""

import importlib.util
import os
import re
import shutil
import subprocess
from importlib.metadata import PackageNotFoundError, distribution, version
from pathlib import Path

from seaway.errors import PartMissing
from seaway.targets.local.identity import identity_for, reachable_copy

CACHE = Path("/var/cache/seaway")
"""Copies for the unprivileged user, made by root only."""


def package_folder(module: str) -> Path | None:
    """Where an installed package lies, reachable for others; nothing of it is imported."""
    found = importlib.util.find_spec(module)
    if found is None or found.origin is None:
        return None
    return reachable_copy(Path(found.origin).parent, CACHE)


def package_program(package: str, name: str) -> Path | None:
    """A program of an installed package that is none of Python's, reachable likewise."""
    try:
        files = distribution(package).files or []
    except PackageNotFoundError:
        return None
    found = next((file for file in files if file.name == name and "bin" in file.parts), None)
    if found is None:
        return None
    program = Path(str(found.locate())).resolve()
    who = identity_for([program])
    return _copy_of(program, package) if who and who.namespace else program


def _copy_of(program: Path, package: str) -> Path:
    """Made under another name first: it is there whole, or not at all."""
    kept = CACHE / f"{package}-{version(package)}" / program.name
    if not kept.exists():
        kept.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        part = kept.with_name(f".{program.name}.{os.getpid()}")
        shutil.copyfile(program, part)
        part.chmod(0o755)
        part.rename(kept)
    return kept


def said_version(program: Path, *arguments: str) -> str:
    """The first word of its answer that is a version: `18.6`.

    Raises:
        PartMissing: SW342, it cannot be run here.
    """
    try:
        done = subprocess.run(
            (program, *arguments), capture_output=True, text=True, timeout=10, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise PartMissing("SW342", program=str(program), problem=str(error)) from error
    words = (word.removeprefix("v").removeprefix("=") for word in done.stdout.split())
    return next((word for word in words if _VERSION.fullmatch(word)), "")


_VERSION = re.compile(r"[0-9]+(\.[0-9]+)+")
