"""Trees: what of a source folder goes into an image."""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from seaway.targets.local.snapshots import NEVER, OWN_ENVIRONMENTS
from seaway.targets.local.sources import IGNORED_ENDINGS

SECRET_ENDINGS = (".env", ".pem", ".key", ".p12", ".pfx")
"""Of files that hold what an image must not: whoever has it can read it."""
SECRETS = frozenset({".netrc", ".npmrc", ".pypirc", "id_rsa", "id_ed25519"})


class What(StrEnum):
    """What is carried into an image; sockets and devices are not."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Entry:
    """Something in a tree."""

    name: str
    """Its path from the top."""
    path: Path
    what: What


def entries(root: Path) -> Iterator[Entry]:
    """All of it in order, a folder before what is in it.

    A link that leads out of the folder stands for what it leads to: that is not in the image.
    """
    yield from _below(root, root, "", frozenset({root.resolve()}))


def excluded(name: str) -> bool:
    """Whether nothing of that name is part of an image."""
    return (
        name in NEVER or name in OWN_ENVIRONMENTS or name in SECRETS
        or name.endswith((*IGNORED_ENDINGS, *SECRET_ENDINGS)) or name.startswith(".env.")
    )  # fmt: skip


def copied(source: Path, there: Path) -> None:
    """A copy of it, to build in: tools leave things behind."""
    there.mkdir()
    for each in entries(source):
        target = there / each.name
        match each.what:
            case What.LINK:
                target.symlink_to(each.path.readlink())
            case What.FOLDER:
                target.mkdir()
            case What.FILE:
                shutil.copyfile(each.path, target)
                target.chmod(0o755 if each.path.stat().st_mode & 0o111 else 0o644)


def _below(folder: Path, root: Path, at: str, seen: frozenset[Path]) -> Iterator[Entry]:
    for path in sorted(folder.iterdir()):
        if excluded(path.name):
            continue
        name = f"{at}{path.name}"
        if path.is_symlink() and _inside(path, root):
            yield Entry(name, path, What.LINK)
        elif path.is_file():
            yield Entry(name, path, What.FILE)
        elif path.is_dir() and (whole := path.resolve()) not in seen:
            yield Entry(name, path, What.FOLDER)
            top = whole if path.is_symlink() else root
            yield from _below(whole if path.is_symlink() else path, top, f"{name}/", seen | {whole})


def _inside(link: Path, root: Path) -> bool:
    """Whether a link leads to something in the same tree, by a path that moves along."""
    target = link.readlink()
    return not target.is_absolute() and Path(os.path.normpath(link.parent / target)).is_relative_to(
        root
    )
