"""Snapshots: the source of a release as it was, so that going back needs nothing but the state.

What counts as source is copied. What only tools make, and what is large, is linked where the disk
can: it is replaced, not changed in place. Links that lead out of the folder become absolute.
"""

import contextlib
import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from seaway.durable import sync_disk
from seaway.errors import StepFailed
from seaway.model.workload import Build
from seaway.targets.local.sources import build_fingerprint

COMPLETE = ".complete"
"""In a folder that a build has made to its end; its last line names the source folder."""
NEVER = frozenset({
    ".git", ".hg", ".svn", ".idea", ".vscode", ".seaway", "__pycache__", ".mypy_cache",
    ".pytest_cache", ".ruff_cache", ".tox", ".cache", ".DS_Store",
})  # fmt: skip
"""No program needs them to run."""
OWN_ENVIRONMENTS = frozenset({".venv", "venv"})
"""Not needed where Seaway makes the environment."""
LINKED = frozenset({"node_modules", *OWN_ENVIRONMENTS})
LARGE = 16_000_000
"""Bytes; models and the like."""


def snapshot_of(build: Build, builds: Path) -> Path | None:
    """Where the source of a build is kept; None where the build has no state to tell it by."""
    if not build.fingerprint or build.output:
        return None
    named = f"{build.folder}\0{build.command}\0{build.fingerprint}"
    return builds / f"source-{hashlib.sha256(named.encode()).hexdigest()[:16]}"


def taken(snapshot: Path) -> bool:
    """Whether it is there, whole."""
    return (snapshot / COMPLETE).exists()


def environment_of(snapshot: Path) -> str | None:
    """The name of the Python environment it ran in; empty for none, None before it is taken."""
    try:
        return (snapshot / COMPLETE).read_text().partition("\n")[0]
    except OSError:
        return None


def take(build: Build, snapshot: Path, environment: Path | None) -> None:
    """Keep the source as it is now; it appears whole or not at all.

    Raises:
        StepFailed: it is not the source any more that the release asks for.
    """
    source, half = Path(build.folder), snapshot.with_name(f".{snapshot.name}")
    shutil.rmtree(half, ignore_errors=True)
    half.parent.mkdir(mode=0o711, parents=True, exist_ok=True)
    _copied(source, half, NEVER | OWN_ENVIRONMENTS if environment else NEVER)
    if build_fingerprint(build) != build.fingerprint:
        shutil.rmtree(half, ignore_errors=True)
        raise StepFailed("SW281", folder=build.folder)
    (half / COMPLETE).write_text(f"{environment.name if environment else ''}\n{build.folder}\n")
    (half / COMPLETE).chmod(0o644)
    sync_disk(half)
    shutil.rmtree(snapshot, ignore_errors=True)
    half.rename(snapshot)


def _copied(source: Path, copy: Path, never: frozenset[str]) -> None:
    copy.mkdir(mode=0o755)
    for path, linked in _walked(source, never):
        there = copy / path.relative_to(source)
        with contextlib.suppress(FileNotFoundError):  # gone meanwhile: the fingerprint will tell
            if path.is_symlink():
                there.symlink_to(_target(path, source))
            elif path.is_dir():
                there.mkdir(mode=0o755, exist_ok=True)
            elif path.is_file():
                _file(path, there, linked=linked or path.stat().st_size > LARGE)


def _walked(source: Path, never: frozenset[str]) -> Iterator[tuple[Path, bool]]:
    """Folders before what is in them; whether what is found may be linked."""
    for parent, folders, files in os.walk(source):
        folders[:] = sorted(name for name in folders if name not in never)
        linked = not LINKED.isdisjoint(Path(parent).relative_to(source).parts)
        for name in (*folders, *sorted(files)):
            if name not in never:
                yield Path(parent, name), linked


def _target(link: Path, source: Path) -> Path:
    """Where a link leads; the same place from the copy."""
    target = link.readlink()
    whole = Path(os.path.normpath(link.parent / target))
    return target if target.is_absolute() or whole.is_relative_to(source) else whole


def _file(path: Path, there: Path, *, linked: bool) -> None:
    if linked:
        try:
            there.hardlink_to(path)
        except OSError as error:
            if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EACCES}:
                raise
        else:
            return
    shutil.copy2(path, there)
    with contextlib.suppress(OSError):
        there.chmod(0o755 if path.stat().st_mode & 0o111 else 0o644)
