"""Sources: a fingerprint of a source folder that changes when, and only when, its content does."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from seaway.model.workload import Build
from seaway.targets.local.path_sources import path_sources

IGNORED = frozenset({
    ".git", ".hg", ".svn", ".idea", ".vscode", ".seaway", ".venv", "venv", "node_modules", "dist",
    "__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".cache", ".vite",
    ".DS_Store",
})  # fmt: skip
IGNORED_ENDINGS = (".pyc", ".pyo", ".egg-info", ".swp", "~")
READ_WHOLE = 1_000_000
"""Bytes; of a larger file size and time count, not the content."""
MOST_FILES = 50_000
"""More are no source; what is beyond does not count."""


def fingerprint(folder: Path, ignore: frozenset[Path] = frozenset()) -> str:
    """Of all files below a folder, but for what tools make there and the paths to ignore.

    The content counts, not the time: a fresh checkout of the same commit is the same source.
    """
    whole = hashlib.sha256()
    for file in source_files(folder, ignore):
        whole.update(f"{file.relative_to(folder)}\0{_of_file(file)}\n".encode())
    return whole.hexdigest()[:16]


def build_fingerprint(build: Build) -> str:
    """Of the source of a build and the projects it is made with; what it makes is no source."""
    ignore = frozenset({Path(build.output)}) if build.output else frozenset[Path]()
    own = fingerprint(Path(build.folder), ignore)
    others = [fingerprint(each.folder) for each in path_sources(Path(build.folder))]
    if not others:
        return own
    return hashlib.sha256("\0".join((own, *others)).encode()).hexdigest()[:16]


def source_files(folder: Path, ignore: frozenset[Path] = frozenset()) -> Iterator[Path]:
    """The files that count, in order, at most `MOST_FILES`."""
    for number, file in enumerate(_files(folder, ignore)):
        if number == MOST_FILES:
            return
        yield file


def newest(folder: Path, ignore: frozenset[Path] = frozenset()) -> float:
    """When the youngest of these files was changed, in seconds of the epoch; 0 for none."""
    return max((_changed(file) for file in source_files(folder, ignore)), default=0.0)


def _files(folder: Path, ignore: frozenset[Path]) -> Iterator[Path]:
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders
            if not _ignored(name) and Path(parent, name) not in ignore
        )  # fmt: skip
        for name in sorted(files):
            if not _ignored(name) and Path(parent, name) not in ignore:
                yield Path(parent, name)


def _ignored(name: str) -> bool:
    return name in IGNORED or name.endswith(IGNORED_ENDINGS)


def _of_file(file: Path) -> str:
    try:
        if file.is_symlink():
            return f"-> {file.readlink()}"
        stat = file.stat()
        if stat.st_size > READ_WHOLE:
            return f"{stat.st_size} {stat.st_mtime_ns}"
        return hashlib.sha256(file.read_bytes()).hexdigest()
    except OSError:
        return "gone"


def _changed(file: Path) -> float:
    try:
        return file.lstat().st_mtime
    except OSError:
        return 0.0
