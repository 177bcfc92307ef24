"""Marks: small files beside a record that say what has happened to an instance, and when."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from seaway.durable import write_whole
from seaway.model.instance import Phase


class Mark(StrEnum):
    """What can have happened; the value is the name of the file."""

    PREPARED = "prepared"
    FAILED = "failed"
    """It could not be made or started; the text says why."""
    STOPPING = "stopping"
    """It was asked to stop; written before the asking."""
    LOST = "lost"
    """Its shim was found killed; the time is when that was noticed."""
    DRAIN = "drain"
    """It left the proxy's rotation."""
    ADMITTED = "admitted"
    """In a stack without a proxy: what the proxy would have been told."""


@dataclass(frozen=True, slots=True)
class Happened:
    """When, why, and whether it was a failure."""

    at: datetime
    why: str = ""
    failed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What the probes of a running instance found, kept over a restart of Seaway."""

    phase: Phase
    since: datetime
    reason: str = ""


def write_mark(folder: Path, mark: Mark, happened: Happened) -> None:
    """Say that it happened; an earlier one of that name is replaced."""
    body = {"at": happened.at.isoformat(), "why": happened.why, "failed": happened.failed}
    write_whole(folder / mark, json.dumps(body, ensure_ascii=False))


def read_mark(folder: Path, mark: Mark) -> Happened | None:
    """When it happened; None when it did not."""
    try:
        with open(f"{folder}/{mark}", encoding="utf-8") as file:
            body = json.loads(file.read())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    return Happened(datetime.fromisoformat(body["at"]), body["why"], body["failed"])


def clear_mark(folder: Path, mark: Mark) -> None:
    """Forget that it happened."""
    (folder / mark).unlink(missing_ok=True)


def write_health(folder: Path, health: Health) -> None:
    """Keep what was found; nothing when the instance has been forgotten meanwhile."""
    body = asdict(health) | {"since": health.since.isoformat()}
    if folder.is_dir():
        write_whole(folder / "health", json.dumps(body, ensure_ascii=False))


def read_health(folder: Path) -> Health | None:
    """What was found last; None before the first answer."""
    try:
        body = json.loads((folder / "health").read_text())
    except (FileNotFoundError, NotADirectoryError, ValueError):
        return None
    since = datetime.fromisoformat(body["since"])
    return Health(phase=Phase(body["phase"]), since=since, reason=body["reason"])
