"""A failure as people need it: cause, last lines of what failed, what came back, next step."""

import asyncio
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

from seaway import wiring
from seaway.cli.place import Place
from seaway.cli.show import Cell, Show, Tone
from seaway.errors import NotRestored, ReleaseFailed, SeawayError
from seaway.ports.target import Line, LogQuery

LAST_LINES = 12
LIMIT = 5.0
"""Seconds that reading them may take: a failure must not hang on its own report."""


async def show_failure(show: Show, here: Place, error: SeawayError, since: datetime | None) -> None:
    """Show it; the error is marked as told, so that it is not told twice."""
    workload, instance = (str(error.facts.get(key, "")) for key in ("workload", "instance"))
    query = LogQuery(workloads=frozenset({workload}), since=since)
    lines = await _last_lines(here, query, instance) if workload else ()
    show.cause(error)
    if lines:
        show.aside(Cell("  " + show.told("note last lines", workload=instance), Tone.BESIDE))
    for line in lines:
        show.aside(Cell(f"  | {line.text}"))
    if isinstance(error, ReleaseFailed) and not isinstance(error, NotRestored):
        told = show.told("note restored", release=error.facts.get("good", "?"))
        show.aside(Cell(f"  {told}", Tone.GOOD))
    show.remedy(error)
    error.facts["told"] = True


async def _last_lines(here: Place, query: LogQuery, instance: str) -> Sequence[Line]:
    """What that one instance wrote at last: others of its workload may be well."""
    found = deque[Line](maxlen=LAST_LINES)
    with suppress(TimeoutError, SeawayError):
        async with asyncio.timeout(LIMIT):
            async for line in wiring.open_target(here.state, here.stack).lines(query):
                if line.instance == instance:
                    found.append(line)
    return found
