"""What the stack file names on this machine must be there: files, folders, time zones."""

from collections.abc import Iterator
from itertools import islice
from pathlib import Path as FilePath
from zoneinfo import ZoneInfo, available_timezones

from pydantic import JsonValue

from seaway.model.finding import Finding
from seaway.model.near import choice
from seaway.model.stack import Path, Stack
from seaway.stackfile.limits import MOST_ASKED

_WANTED = (
    ("services", "source", "folder"),
    ("services", "static", "folder"),
    ("data", "init", "glob"),
    ("ingress", "certificate", "file"),
)
"""Section, setting in each of its members, and what must be there."""
_MOST_ZONES = 20


def missing(root: dict[str, JsonValue], stack: Stack) -> Iterator[Finding]:
    """Files, folders and time zones that are named and are not there."""
    yield from _files(root, stack)
    yield from islice(_zones(root, stack), _MOST_ZONES)


def _files(root: dict[str, JsonValue], stack: Stack) -> Iterator[Finding]:
    """What is named and is not there; what a build makes need not be there yet."""
    asked = 0
    for section, setting, what in _WANTED:
        members = root.get(section)
        for name, written in members.items() if isinstance(members, dict) else ():
            found = written.get(setting) if isinstance(written, dict) else None
            if isinstance(written, dict) and setting == "static" and "build" in written:
                continue
            for path, text in _texts(found, (section, name, setting)):
                asked += 1
                if asked <= MOST_ASKED and not _there(FilePath(stack.folder), text, what):
                    facts = {"file": text[:200], "folder": stack.folder}
                    yield Finding(code="SW164", at=stack.place(*path), facts=facts)


def _zones(root: dict[str, JsonValue], stack: Stack) -> Iterator[Finding]:
    """Time zones are data of the machine; where it has none, nothing can be told."""
    for section in ("services", "data"):
        members = root.get(section)
        for name, written in members.items() if isinstance(members, dict) else ():
            zone = written.get("zone") if isinstance(written, dict) else None
            if isinstance(zone, str) and not _is_zone(zone):
                at = stack.place(section, name, "zone")
                yield Finding(code="SW189", at=at, facts=choice(zone, _places()))


def _places() -> frozenset[str]:
    return frozenset(name for name in available_timezones() if "/" in name) | {"UTC"}


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):
        return not available_timezones()
    return True


def _texts(value: JsonValue, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str) and ":" not in value:
        yield path, value
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from _texts(each, (*path, index)) if isinstance(each, str) else ()


def _there(folder: FilePath, text: str, what: str) -> bool:
    try:
        if what == "glob" and set("*?[") & set(text):
            absolute = FilePath(text).is_absolute()
            start = FilePath("/") if absolute else folder
            pattern = text.lstrip("/") if absolute else text.removeprefix("./")
            return next(start.glob(pattern), None) is not None
        place = folder / text
        return place.is_dir() if what == "folder" else place.exists()
    except (OSError, ValueError, NotImplementedError):
        return False
