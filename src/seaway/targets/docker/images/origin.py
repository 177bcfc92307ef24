"""Origin: which commit a source is of, for the labels of what is made of it."""

from pathlib import Path


def commit(folder: Path) -> str:
    """The commit that is checked out where the folder lies; empty where none can be told."""
    for each in (folder, *folder.parents):
        git = each / ".git"
        if git.is_dir():
            try:
                return _head(git)
            except OSError:
                return ""
    return ""


def _head(git: Path) -> str:
    kind, _, name = (git / "HEAD").read_text().strip().partition(" ")
    if kind != "ref:":
        return kind
    if (git / name).is_file():
        return (git / name).read_text().strip()
    packed = (git / "packed-refs").read_text().splitlines()
    return next((line.split()[0] for line in packed if line.endswith(f" {name}")), "")
