"""Prompts: what was asked, kept for a time where a route says so, with what is personal masked."""

import asyncio
import re
import time
from collections.abc import Mapping
from contextlib import suppress

import msgspec
import orjson

from seaway.ai.gateway.asked import Asked
from seaway.ai.gateway.store import Store, StoreGone, Value

_EACH = 30.0
"""Seconds between two looks for what has been kept long enough."""
_LONGEST = 65_536
"""Characters of a prompt that are kept."""
MASKS: tuple[tuple[str, str], ...] = (
    (r"data:[a-z]+/[a-z0-9.+-]+;base64,[^\"\\]*", "[data]"),
    (r"(?i)\bbearer\s+[\w.~+/=-]{8,}", "[key]"),
    (r"\b(?:sk|pk|ak|ghp|xox[a-z])[-_][\w-]{12,}", "[key]"),
    (r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+", "[email]"),
    (r"(?<!\d)\d{17}[\dXx](?!\d)", "[id]"),
    (r"(?<![\d-])(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}(?!\d)", "[phone]"),
    (r"(?<!\d)(?:\d[ -]?){12,18}\d(?!\d)", "[card]"),
    (r"\+\d[\d ()-]{6,16}\d", "[phone]"),
)
"""In this order."""
_MASKS = tuple((re.compile(pattern), name) for pattern, name in MASKS)


class Prompt(msgspec.Struct):
    """One, as it is kept."""

    at: float
    """Seconds of the world's clock."""
    client: str
    model: str
    text: str
    """The messages, or the input, as JSON; cut off where it is long."""


_prompt = msgspec.json.Decoder(Prompt)


class Prompts:
    """Of the routes that keep them, in the store; without one, none are kept."""

    def __init__(self, name: str, store: Store | None, kept: Mapping[str, float]) -> None:
        """`kept` tells for how many seconds, by route."""
        self._name, self._store = name, store
        self.kept = {route: seconds for route, seconds in kept.items() if seconds}

    def keep(self, route: str, client: str, asked: Asked) -> None:
        """Keep one, where its route keeps them; nobody waits for it."""
        seconds = self.kept.get(route)
        if seconds is None or self._store is None:
            return
        head = asked.head
        content = head.messages if asked.path == "/chat/completions" else head.input
        row = Prompt(round(time.time(), 3), client, head.model, masked(bytes(content)))
        place, oldest = self._place(route), _oldest(seconds)
        self._store.tell("XADD", place, "MINID", oldest, "*", "p", msgspec.json.encode(row))
        self._store.tell("PEXPIRE", place, str(int(seconds * 1000)))

    async def forget(self) -> None:
        """Remove what has been kept long enough, for ever."""
        while self._store is not None and self.kept:
            for route, seconds in self.kept.items():
                with suppress(StoreGone):
                    await self._store.ask("XTRIM", self._place(route), "MINID", _oldest(seconds))
            await asyncio.sleep(_EACH)

    async def rows(self, route: str, count: int) -> list[Prompt]:
        """The last ones, newest first.

        Raises:
            StoreGone: they cannot be had.
        """
        if self._store is None or route not in self.kept:
            return []
        oldest = _oldest(self.kept[route])
        found = await self._store.ask(
            "XREVRANGE", self._place(route), "+", oldest, "COUNT", str(count)
        )
        entries = found if isinstance(found, list) else []
        return [_prompt.decode(row) for row in map(_payload, entries) if row]

    def _place(self, route: str) -> str:
        return f"{self._name}:prompts:{route}"


def masked(content: bytes) -> str:
    """Without what is personal or secret, as far as that has a form of its own."""
    text = orjson.dumps(orjson.loads(content)).decode()  # no letter is in disguise
    for pattern, name in _MASKS:
        text = pattern.sub(name, text)
    return text[:_LONGEST]


def _oldest(seconds: float) -> str:
    return str(max(int((time.time() - seconds) * 1000), 0))


def _payload(entry: Value) -> bytes:
    """Of `[id, [b"p", payload]]`."""
    match entry:
        case [_, [_, bytes() as payload]]:
            return payload
        case _:
            return b""
