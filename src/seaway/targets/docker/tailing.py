"""Tailing: the lines of containers, from the engine; of those that are gone, from what was kept."""

import asyncio
import re
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import replace
from datetime import UTC, datetime

from seaway.errors import SeawayError, UsageError
from seaway.model.json import Json
from seaway.model.names import InstanceId
from seaway.ports.target import Line, LogQuery
from seaway.targets.docker.containers import Containers
from seaway.targets.docker.executing import STDERR, pieces
from seaway.targets.docker.premises import Premises
from seaway.targets.docker.reading import moment
from seaway.targets.local import logs
from seaway.targets.local.creating import log_file
from seaway.targets.local.json_lines import as_lines
from seaway.targets.local.process import errors_file
from seaway.targets.local.record import Record
from seaway.targets.local.shim_log import Log

LOOK_EVERY = 0.5
"""Seconds between two looks for new containers."""
KEPT = 5000
"""Last lines of a container that are kept when it is removed."""
LONGEST = 1 << 20
"""Characters of a line, after which it is cut: the engine hands long ones over in pieces."""

Found = tuple[InstanceId, str]
"""An instance and its workload."""


class Tailing:
    """The logs of one stack."""

    def __init__(self, premises: Premises, containers: Containers) -> None:
        self._premises, self._containers = premises, containers

    async def lines(self, query: LogQuery) -> AsyncIterator[Line]:
        """Lines in order of time; with `follow`, those to come as well, also of new instances.

        Raises:
            UsageError: `grep` is not a regular expression.
        """
        wanted, found, once = _wanted(query), await self._there(query), _once(query)
        past = [each async for each in logs.lines(self._premises.state, once)]
        for each in found.items():
            past += [line async for line in self._of(each, once) if wanted(line)]
        past.sort(key=lambda each: each.at)
        for line in deque(past, maxlen=query.tail) if query.tail is not None else past:
            yield line
        if query.follow:
            since = past[-1].at if past else self._premises.clock.now()
            async with aclosing(self._to_come(query, since)) as coming:
                async for line in coming:
                    if wanted(line):
                        yield line

    async def keep(self, record: Record) -> None:
        """Write the last lines of a container where they outlive it."""
        workload = record.workload
        query = LogQuery(tail=KEPT)
        path, kept = log_file(self._premises.state, record), workload.logs
        logs = {"": Log(str(path), kept.size, kept.files)}
        if kept.errors:
            more = str(errors_file(path)), kept.errors.size, kept.errors.files
            logs["stderr"] = Log(*more)
        try:
            async for line in self._of((record.id, workload.name), query):
                stamp = (
                    line.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{line.at.microsecond // 1000:03}Z"
                )
                start = f'{{"t":"{stamp}","s":"{line.stream}","m":"'.encode()
                text = as_lines(start, line.text.encode() + b"\n")
                for log in (each for name, each in logs.items() if name in {"", line.stream}):
                    log.ready(len(text))
                    log.append(text)
        finally:
            for log in logs.values():
                log.close()

    async def _there(self, query: LogQuery) -> Mapping[InstanceId, str]:
        """Containers whose lines are wanted."""
        found = await self._containers.all()
        records = {name: each.written() for name, each in found.items()}
        return {
            name: record.workload.name for name, record in records.items()
            if record and (not query.workloads or record.workload.name in query.workloads)
        }  # fmt: skip

    async def _to_come(self, query: LogQuery, since: datetime) -> AsyncGenerator[Line]:
        """One task for each container; new ones are looked for."""
        lines: asyncio.Queue[Line] = asyncio.Queue(maxsize=1000)
        tasks: dict[InstanceId, asyncio.Task[None]] = {}
        start: datetime | None = since
        loop = asyncio.get_running_loop()
        try:
            while True:
                for found in (await self._there(query)).items():
                    if found[0] not in tasks:
                        tasks[found[0]] = asyncio.create_task(self._pump(found, start, lines))
                start = None  # of those that come later all is new
                until = loop.time() + LOOK_EVERY
                while (left := until - loop.time()) > 0:
                    if line := await _next(lines, left):
                        yield line
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def _pump(
        self, found: Found, start: datetime | None, lines: asyncio.Queue[Line]
    ) -> None:  # fmt: skip
        async for line in self._of(found, LogQuery(since=start, follow=True)):
            if start is None or line.at > start:
                await lines.put(line)

    async def _of(self, found: Found, query: LogQuery) -> AsyncIterator[Line]:
        """Of one container, as the engine has them."""
        name, workload = found
        ask: dict[str, Json] = {
            "stdout": not query.errors, "stderr": True, "timestamps": True, "follow": query.follow,
            "tail": "all" if query.tail is None else str(query.tail),
        }  # fmt: skip
        if query.since:
            ask["since"] = f"{query.since.timestamp():.9f}"
        path = f"/containers/{self._premises.belonging.named(name)}/logs"
        halves: dict[int, bytes] = {}
        try:
            async for stream, piece in pieces(self._premises.engine.stream("GET", path, query=ask)):
                whole = halves.pop(stream, b"") + piece
                if not piece.endswith(b"\n") and len(whole) < LONGEST:
                    halves[stream] = whole
                    continue
                yield _line(whole, "stderr" if stream == STDERR else "stdout", workload, name)
        except SeawayError:  # it has been removed, or never existed
            return


async def _next(lines: asyncio.Queue[Line], seconds: float) -> Line | None:
    """The next one, if it comes in time.

    Not by `wait_for`: in Python 3.11 that forgets a cancellation which comes together with a line.
    """
    try:
        async with asyncio.timeout(seconds):
            return await lines.get()
    except TimeoutError:
        return None


def _line(written: bytes, stream: str, workload: str, instance: InstanceId) -> Line:
    stamp, _, text = written.decode(errors="replace").partition(" ")
    return Line(
        at=moment(stamp) or datetime.fromtimestamp(0, UTC), workload=workload, instance=instance,
        stream=stream, text=text.rstrip("\r\n"),
    )  # fmt: skip


def _once(query: LogQuery) -> LogQuery:
    return replace(query, follow=False)


def _wanted(query: LogQuery) -> Callable[[Line], bool]:
    try:
        pattern = re.compile(query.grep)
    except re.error as error:
        raise UsageError("SW210", pattern=query.grep, problem=str(error)) from error

    def wanted(line: Line) -> bool:
        if query.errors and line.stream != "stderr":
            return False
        return not query.grep or pattern.search(line.text) is not None

    return wanted
