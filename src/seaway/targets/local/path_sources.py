"""Path sources: projects beside a Python project that its environment is made from too."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import cast


@dataclass(frozen=True, slots=True)
class PathSource:
    """A project that another one names by its path."""

    folder: Path
    editable: bool
    """Whether the environment links to it; else it holds a copy, as old as the environment."""


def path_sources(project: Path) -> tuple[PathSource, ...]:
    """The folders named in `[tool.uv.sources]`, and those that they name, each once.

    A file that cannot be read names none: whoever makes the environment says what is wrong.
    """
    found: dict[Path, PathSource] = {}
    project = project.resolve()
    waiting = [project]
    while waiting:
        for each in _named_in(waiting.pop()):
            if each.folder != project and each.folder not in found:
                found[each.folder] = each
                waiting.append(each.folder)
    return tuple(sorted(found.values(), key=lambda each: each.folder))


def _named_in(project: Path) -> Iterator[PathSource]:
    for entry in _entries(project):
        path = entry.get("path")
        folder = Path(project, path).resolve() if isinstance(path, str) else None
        if folder and folder.is_dir():
            yield PathSource(folder, editable=entry.get("editable") is True)


def _entries(project: Path) -> Iterator[Mapping[str, object]]:
    try:
        told: object = _parsed((project / "pyproject.toml").read_text("utf-8"))
    except (OSError, ValueError):
        return
    for name in ("tool", "uv", "sources"):
        told = _table(told).get(name)
    for given in _table(told).values():
        several = cast("list[object]", given) if isinstance(given, list) else [given]
        yield from map(_table, several)  # a list has one for each platform


@lru_cache(maxsize=32)
def _parsed(text: str) -> Mapping[str, object]:
    """Asked for several times for each instance, and hardly ever another text."""
    import tomllib  # noqa: PLC0415 -- slow to load, and not every stack has a Python project

    return tomllib.loads(text)


def _table(given: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", given) if isinstance(given, dict) else {}
