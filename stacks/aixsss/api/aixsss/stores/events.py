"""Carries what happens to a user's things to that user's open pages, across all replicas."""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from typing import Final
from uuid import UUID

import valkey.asyncio as valkey
from seaway_service.cache import translated
from valkey.exceptions import ValkeyError

from aixsss.names import NAME

log = logging.getLogger(__name__)

CHANNEL: Final = f"{NAME}:events:"
WAITING = 100
LOOK_EVERY_SECONDS = 5.0
RETRY_SECONDS = 1.0

EventQueue = asyncio.Queue[str | None]


class Events:
    """One subscription per process, dealt out to queues; `None` in a queue ends its stream."""

    def __init__(self, client: valkey.Valkey) -> None:
        self._client = client
        self._queues: defaultdict[str, set[EventQueue]] = defaultdict(set)

    async def publish(self, user_id: UUID, event: str, data: Mapping[str, object]) -> None:
        """Tell the user's open pages, whichever replica they are connected to."""
        message = json.dumps({"event": event, "data": data}, ensure_ascii=False)
        with translated():
            await self._client.publish(f"{CHANNEL}{user_id}", message)

    def deal(self, user_id: UUID, event: str, data: Mapping[str, object]) -> None:
        """Tell the pages that are connected here; for what every replica learns by itself."""
        message = json.dumps({"event": event, "data": data}, ensure_ascii=False)
        self._deal(f"{CHANNEL}{user_id}", message)

    @property
    def anybody(self) -> bool:
        """Whether a page is connected here."""
        return bool(self._queues)

    @contextmanager
    def subscription(self, user_id: UUID) -> Iterator[EventQueue]:
        """Lend a queue that gets the user's events as JSON texts."""
        queue: EventQueue = asyncio.Queue(WAITING)
        channel = f"{CHANNEL}{user_id}"
        self._queues[channel].add(queue)
        try:
            yield queue
        finally:
            self._queues[channel].discard(queue)
            if not self._queues[channel]:
                del self._queues[channel]

    def end(self) -> None:
        """End all streams, so that a stopping replica lets go of its connections."""
        for queue in [one for queues in self._queues.values() for one in queues]:
            finish(queue)

    async def run(self) -> None:
        """Deal out events until cancelled; comes back by itself after Redis was away."""
        while True:
            try:
                async for channel, text in self._messages():
                    self._deal(channel, text)
            except (ValkeyError, OSError) as error:
                log.warning("event subscription lost", extra={"why": str(error)})
                await asyncio.sleep(RETRY_SECONDS)

    async def _messages(self) -> AsyncIterator[tuple[str, str]]:
        async with self._client.pubsub() as pubsub:
            await pubsub.psubscribe(f"{CHANNEL}*")
            while True:
                message = await pubsub.get_message(
                    ignore_subscribe_messages=True, timeout=LOOK_EVERY_SECONDS
                )
                if message is not None:
                    yield str(message["channel"]), str(message["data"])

    def _deal(self, channel: str, text: str) -> None:
        for queue in tuple(self._queues.get(channel, ())):
            try:
                queue.put_nowait(text)
            except asyncio.QueueFull:
                # a page that does not read; it will connect again and ask for the whole state
                finish(queue)


def finish(queue: EventQueue) -> None:
    """End a stream, even one whose queue is full."""
    while queue.full():
        queue.get_nowait()
    queue.put_nowait(None)
