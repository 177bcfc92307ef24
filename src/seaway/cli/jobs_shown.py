"""Rows of jobs, queues and workers, made of what the library of the queue says."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime

from pydantic import JsonValue

from seaway.cli.show import Cell, Show, Tone
from seaway.cli.tables import age

LONGEST_NOTE = 60
TONES: Mapping[str, Tone] = {
    "running": Tone.GOOD, "done": Tone.GOOD, "dead": Tone.BAD, "delayed": Tone.DOUBTFUL,
    "dropped": Tone.BESIDE, "working": Tone.GOOD, "silent": Tone.BAD, "stopping": Tone.DOUBTFUL,
}  # fmt: skip


def job_rows(show: Show, found: JsonValue, now: datetime) -> list[tuple[Cell, ...]]:
    """A row for each job."""
    return [
        (
            Cell(_text(row, "id"), Tone.STRONG), Cell(_text(row, "queue")),
            Cell(_text(row, "task")), _state(show, row), Cell(_text(row, "attempt")),
            Cell(_age(row, "enqueued_at", now)), Cell(_note(row)),
        )
        for row in _rows(found)
    ]  # fmt: skip


def stats_rows(found: JsonValue) -> list[tuple[Cell, ...]]:
    """A row for each task of each queue."""
    counts = ("waiting", "delayed", "running", "done", "dead")
    return [
        (
            Cell(_text(row, "queue"), Tone.STRONG), Cell(_text(row, "task")),
            *(Cell(_text(row, name)) for name in counts), Cell(_seconds(row, "oldest_age")),
            Cell(_seconds(row, "mean_duration")),
            Cell(_text(row, "served_by"), Tone.PLAIN if row.get("served_by") else Tone.BAD),
        )
        for row in _rows(found)
    ]  # fmt: skip


def worker_rows(show: Show, found: JsonValue, now: datetime) -> list[tuple[Cell, ...]]:
    """A row for each worker."""
    return [
        (
            Cell(_text(row, "instance"), Tone.STRONG), Cell(_text(row, "queue")),
            _state(show, row), Cell(f"{_text(row, 'running')}/{_text(row, 'concurrency')}"),
            Cell(_age(row, "seen_at", now)),
        )
        for row in _rows(found)
    ]  # fmt: skip


def job_lines(job: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """Everything there is to know of a job, line by line; what is not there is left out."""
    for name, value in job.items():
        match value:
            case None | [] | "":
                continue
            case list():
                for event in value:
                    at, what = event if isinstance(event, list) else ("", event)
                    yield "event", f"{at} {what}"
            case dict():
                yield name, json.dumps(value, ensure_ascii=False)
            case _:
                for line in str(value).splitlines():
                    yield name, line


def _state(show: Show, row: Mapping[str, JsonValue]) -> Cell:
    state = _text(row, "state")
    return Cell(show.told(f"job {state}"), TONES.get(state, Tone.PLAIN))


def _note(row: Mapping[str, JsonValue]) -> str:
    """Why it failed, else how far it is."""
    percent = f"{_text(row, 'percent')}% " if row.get("state") == "running" else ""
    text = _text(row, "reason") or f"{percent}{_text(row, 'text')}"
    return " ".join(text.split())[:LONGEST_NOTE]


def _age(row: Mapping[str, JsonValue], name: str, now: datetime) -> str:
    text = _text(row, name)
    return age(now, datetime.fromisoformat(text)) if text else ""


def _seconds(row: Mapping[str, JsonValue], name: str) -> str:
    value = row.get(name)
    return f"{value:.3g} s" if isinstance(value, int | float) else ""


def _text(row: Mapping[str, JsonValue], name: str) -> str:
    value = row.get(name)
    return "" if value is None else str(value)


def _rows(found: JsonValue) -> Iterator[Mapping[str, JsonValue]]:
    for each in found if isinstance(found, list) else ():
        if isinstance(each, dict):
            yield each
