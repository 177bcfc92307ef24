"""Identity: as whom servers run when Seaway is root, and files that such a user can reach."""

import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from seaway.targets.local.process import Identity

OTHERS_PASS = 0o711
OTHERS_READ = 0o755


def identity_for(paths: Sequence[Path]) -> Identity | None:
    """As whom to run something that needs these files and folders; None when not root.

    Folders of ours may be handed over, so only the way to them counts. What is not there yet is
    judged by the folders above it.
    """
    if os.geteuid() != 0:
        return None
    nobody = Identity()
    if _reaches(nobody, paths):
        return nobody
    return Identity(namespace=True)


def reachable_copy(package: Path, cache: Path) -> Path:
    """An installed package in a place that others can reach: itself, or a copy in the cache.

    The folder `<package>.libs` beside it, where wheels keep shared libraries, goes with it.
    Hard links where possible. Safe to be killed in, and for two at once.
    """
    if os.geteuid() != 0 or _all_reach(package):
        return package
    kept = cache / _key(package)
    if not kept.exists():
        _copy(package, kept)
    return kept / package.name


def _all_reach(package: Path) -> bool:
    """Judged by the folder itself and its first file: modes of one package hardly differ."""
    first = next((path for path in package.rglob("*") if path.is_file()), package)
    return _reaches(Identity(), [first])


def _reaches(who: Identity, paths: Sequence[Path]) -> bool:
    """Both the ways that are written and those they lead to, where there are links at their ends.

    Each folder is looked at once: a server has dozens of programs in one.
    """
    written = [str(path.absolute()) for path in paths]
    folders = {folder: os.path.realpath(folder) for folder in map(os.path.dirname, written)}
    reals = [_real(path, folders) for path in written]
    ways = {folder for path in (*written, *reals) for folder in _above(path)}
    if not all(_may(who, folder, stat.S_IXOTH) for folder in ways):
        return False
    return all(_may(who, real, stat.S_IROTH, only=stat.S_ISREG) for real in reals)


def _real(path: str, folders: Mapping[str, str]) -> str:
    """Where a path leads to; of its folder that is known already."""
    folder, name = os.path.split(path)
    return os.path.realpath(path) if os.path.islink(path) else f"{folders[folder]}/{name}"


def _above(path: str) -> Iterator[str]:
    while path != "/":
        path = os.path.dirname(path)
        yield path


def _may(
    who: Identity, path: str, right: int, *, only: Callable[[int], bool] = bool
) -> bool:  # fmt: skip
    """What is not there yet is no hindrance, nor what is of another kind."""
    try:
        found = os.stat(path)
    except FileNotFoundError:
        return True
    if not only(found.st_mode):
        return True
    if found.st_uid == who.uid:
        right <<= 6
    elif found.st_gid == who.gid:
        right <<= 3
    return bool(found.st_mode & right)


def _key(package: Path) -> str:
    """Name and version; where pip left no version, when it was installed."""
    for known in package.parent.glob(f"{package.name}-*.dist-info"):
        return known.name.removesuffix(".dist-info")
    return f"{package.name}-{package.stat().st_mtime_ns}"


def _copy(package: Path, kept: Path) -> None:
    """Make it under another name first: it is there whole, or not at all."""
    kept.parent.mkdir(mode=OTHERS_READ, parents=True, exist_ok=True)
    part = kept.with_name(f".{kept.name}.{secrets.token_hex(4)}")
    try:
        for folder in (package, package.with_name(f"{package.name}.libs")):
            if folder.is_dir():
                shutil.copytree(folder, part / folder.name, copy_function=_link, symlinks=True)
        for path in (part, *part.rglob("*")):
            if path.is_dir() and not path.is_symlink():
                path.chmod(OTHERS_READ)
        part.rename(kept)
    except OSError:
        if not kept.exists():  # else another was faster
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _link(source: str, target: str) -> None:
    """A hard link where the file is readable for all already, else a copy that is."""
    mode = Path(source).stat().st_mode
    if mode & stat.S_IROTH:
        try:
            os.link(source, target)
        except OSError:  # another file system
            shutil.copy2(source, target)
        return
    shutil.copy2(source, target)
    Path(target).chmod(OTHERS_READ if mode & stat.S_IXUSR else 0o644)
