"""Logs: reads what the shims of a stack wrote, by time across instances, and goes on reading."""

import asyncio
import heapq
import re
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from datetime import datetime
from itertools import islice
from pathlib import Path

from seaway.errors import UsageError
from seaway.ports.target import Line, LogQuery
from seaway.targets.local.log_file import Cursor, LogFile, log_paths, parsed
from seaway.targets.local.state import StateFolder

LOOK_EVERY = 0.1
"""Seconds. A poll costs half a percent of a core while somebody reads; inotify would need a watch
for each folder and does not work on every file system."""
BATCH = 1000
"""Lines read in one go, outside the event loop."""

Wanted = Callable[[Line], bool]


async def lines(state: StateFolder, query: LogQuery) -> AsyncIterator[Line]:
    """Lines in order of time; with `follow`, those to come as well, also of new instances.

    Raises:
        UsageError: `grep` is not a regular expression.
    """
    wanted = _wanted(query)
    cursors: dict[Path, Cursor] = {}
    history = await asyncio.to_thread(_history, state, query, wanted, cursors)
    while batch := await asyncio.to_thread(lambda: list(islice(history, BATCH))):
        for line in batch:
            yield line
    while query.follow:
        new = await asyncio.to_thread(_news, state, query, wanted, cursors)
        for line in new:
            yield line
        if not new:
            await asyncio.sleep(LOOK_EVERY)


def _wanted(query: LogQuery) -> Wanted:
    try:
        pattern = re.compile(query.grep)
    except re.error as error:
        raise UsageError("SW210", pattern=query.grep, problem=str(error)) from error

    def wanted(line: Line) -> bool:
        if (query.since and line.at < query.since) or (query.errors and line.stream != "stderr"):
            return False
        return not query.grep or pattern.search(line.text) is not None

    return wanted


def _history(
    state: StateFolder, query: LogQuery, wanted: Wanted, cursors: dict[Path, Cursor]
) -> Iterator[Line]:
    """What was written so far. Leaves a cursor for each file behind, at the end of what is read."""
    parts: list[Iterable[Line]] = []
    for file in _files(state, query):
        cursor = cursors[file.path] = Cursor(file, query.since)
        if query.tail is None:
            parts.append(filter(wanted, parsed(file, cursor.rest())))
        else:
            parts.append(_last(cursor, wanted, query.tail))
    merged = heapq.merge(*parts, key=_time)
    return iter(deque(merged, maxlen=query.tail)) if query.tail is not None else merged


def _last(cursor: Cursor, wanted: Wanted, count: int) -> list[Line]:
    """The last lines of one instance, looked for from the end."""
    least = max(count, 1)  # where none is wanted the cursor must move to the end all the same
    found = islice(filter(wanted, parsed(cursor.file, cursor.backwards())), least)
    return list(found)[::-1]


def _news(
    state: StateFolder, query: LogQuery, wanted: Wanted, cursors: dict[Path, Cursor]
) -> list[Line]:
    """What was written since the last look."""
    for file in _files(state, query):
        if file.path not in cursors:
            cursors[file.path] = Cursor(file)
    found = [
        line
        for cursor in cursors.values()
        for line in parsed(cursor.file, islice(cursor.rest(), BATCH))
        if wanted(line)
    ]
    return sorted(found, key=_time)


def _files(state: StateFolder, query: LogQuery) -> list[LogFile]:
    """One for each instance of the workloads asked for."""
    return [
        LogFile(path=path, workload=path.parent.name, instance=path.name.partition(".")[0])
        for path in log_paths(state.logs, errors=query.errors)
        if not query.workloads or path.parent.name in query.workloads
    ]


def _time(line: Line) -> datetime:
    return line.at
