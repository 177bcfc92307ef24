"""Watching: is told by the engine when a container of the stack starts, ends or goes."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, suppress

from seaway.errors import SeawayError
from seaway.model.json import Json
from seaway.targets.docker.belonging import Belonging
from seaway.targets.docker.engine import Engine, Refused
from seaway.targets.docker.reading import text

AGAIN = 1.0
"""Seconds after which a silent engine is asked again."""
CHANGES = ("start", "die", "oom", "destroy", "kill", "pause", "unpause")


async def watch(engine: Engine, belonging: Belonging, changed: Callable[[], None]) -> None:
    """Say each time that something has changed; goes on for ever, over a restart of the engine."""
    filters: Json = {**belonging.filter, "type": ["container"], "event": list(CHANGES)}
    while True:
        with suppress(SeawayError):
            answer = engine.stream("GET", "/events", query={"filters": filters})
            async with aclosing(answer):
                changed()  # what happened meanwhile was not told
                async for event in _events(answer):
                    await _known(engine, event)
                    changed()
        await asyncio.sleep(AGAIN)


async def _events(answer: AsyncIterator[bytes]) -> AsyncIterator[Json]:
    waiting = b""
    async for piece in answer:
        *whole, waiting = (waiting + piece).split(b"\n")
        for line in whole:
            if line.strip():
                yield json.loads(line)


async def _known(engine: Engine, event: Json) -> None:
    """Wait until the engine's own table knows of an end: it tells of it before it has cleared up.

    It does so with the container locked, for which a question about it has to wait.
    """
    if text(event, "Action") == "die":
        with suppress(Refused):
            await engine.call("GET", f"/containers/{text(event, 'id')}/json")
