"""Telling: what the engine says while it works, object by object."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from typing import cast

Say = Callable[[str], None]
"""Takes a line for those who wait."""


async def told(pieces: AsyncGenerator[bytes]) -> AsyncIterator[Mapping[str, str]]:
    """Each object of a stream of JSON, one a line."""
    rest = b""
    async for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        for line in lines:
            if line.strip():
                yield cast("Mapping[str, str]", json.loads(line))
    if rest.strip():
        yield cast("Mapping[str, str]", json.loads(rest))
