"""Answers the messages of conversations: as a stream that is never silent for long, and is kept."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from dataclasses import dataclass, field
from typing import Any

from seaway_service.client import RefusedError
from seaway_service.errors import UnavailableError

from qingyu_ai.flow import Flow, Request, Sources, Token, Written, shown
from qingyu_ai.metrics import ANSWERS, FIRST, OPEN
from qingyu_ai.prompts import cited
from qingyu_ai.talks import Talks

log = logging.getLogger(__name__)

KEEPING = 15.0
"""Seconds to keep what there is of an answer whose reader is gone: longer than an election."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A message of a conversation."""

    owner: str
    conversation: str
    question: str
    text: str
    draft: bool


@dataclass(frozen=True, slots=True)
class Beat:
    """Nothing new; it is still being written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """The end of a whole answer."""

    cited: tuple[int, ...]
    found: bool


@dataclass(slots=True)
class Answer:
    """What there is of an answer so far."""

    sources: list[dict[str, Any]] = field(default_factory=list)
    text: str = ""
    found: bool = False

    def record(self, state: str, instance: str) -> dict[str, Any]:
        """Return it as it is kept."""
        named = cited(self.text, len(self.sources))
        return {
            "state": state, "text": self.text, "sources": self.sources, "cited": list(named),
            "found": self.found, "instance": instance,
        }  # fmt: skip


Said = Sources | Token | Beat | Done


class Writing:
    """All answers of one process."""

    def __init__(self, flow: Flow, talks: Talks, instance: str, beat: float) -> None:
        self._flow, self._talks = flow, talks
        self.instance, self._beat = instance, beat

    async def answer(self, asked: Asked) -> AsyncGenerator[Said]:
        """Yield the sources, the answer piece by piece, and its end; a beat in each silence.

        Whatever happens, what there is of the answer is kept.

        Raises:
            UnavailableError: something that is needed does not answer, or the answer broke off.
            RefusedError: the model will not.
        """
        so_far, end = Answer(), "broken"
        began = asyncio.get_running_loop().time()
        with OPEN.track_inprogress():
            try:
                async with aclosing(beating(self._written(asked, so_far), self._beat)) as events:
                    first = True
                    async for event in events:
                        if first and isinstance(event, Token):
                            first = False
                            FIRST.observe(asyncio.get_running_loop().time() - began)
                        yield event
                end = "complete"
                await self._keep(asked, so_far.record(end, self.instance))
                yield Done(cited=cited(so_far.text, len(so_far.sources)), found=so_far.found)
            finally:
                ANSWERS.labels(end).inc()
                if end != "complete":
                    await self._keep_the_rest(asked, so_far)

    async def _written(self, asked: Asked, so_far: Answer) -> AsyncGenerator[Sources | Token]:
        turns = await self._talks.before(asked.owner, asked.conversation, asked.question)
        request = Request(owner=asked.owner, text=asked.text, draft=asked.draft, turns=turns)
        async with aclosing(self._flow.run(request)) as events:
            async for event in events:
                match event:
                    case Sources(found):
                        so_far.sources = shown(found)
                        yield event
                    case Token(text):
                        so_far.text += text
                        yield event
                    case Written(found):
                        so_far.found = found

    async def _keep(self, asked: Asked, record: dict[str, Any]) -> None:
        if not await self._talks.keep(asked.owner, asked.question, record):
            log.info("an answer without a question is not kept", extra={"id": asked.question})

    async def _keep_the_rest(self, asked: Asked, so_far: Answer) -> None:
        """Keep a part of an answer, though whoever asked is gone and this may be cancelled."""
        keeping = asyncio.ensure_future(self._keep(asked, so_far.record("broken", self.instance)))
        with suppress(UnavailableError, TimeoutError):
            async with asyncio.timeout(KEEPING):
                await asyncio.shield(keeping)


async def beating(
    events: AsyncGenerator[Sources | Token], seconds: float
) -> AsyncGenerator[Sources | Token | Beat]:
    """Yield the events, and a beat whenever there was none for so long.

    They are made in a task of their own: the graph keeps what it knows in the context of one.
    """
    queue: asyncio.Queue[Sources | Token | None] = asyncio.Queue()
    making = asyncio.create_task(made(events, queue))
    try:
        while True:
            try:
                async with asyncio.timeout(seconds):
                    event = await queue.get()
            except TimeoutError:
                yield Beat()
                continue
            if event is None:
                await making  # to raise what it has raised
                return
            yield event
    finally:
        making.cancel()
        with suppress(asyncio.CancelledError, UnavailableError, RefusedError):
            await making


async def made(
    events: AsyncGenerator[Sources | Token], queue: "asyncio.Queue[Sources | Token | None]"
) -> None:
    """Put all events into the queue, and at the end nothing."""
    try:
        async with aclosing(events):
            async for event in events:
                queue.put_nowait(event)
    finally:
        queue.put_nowait(None)


def as_json(said: Said) -> tuple[str, dict[str, Any]]:
    """Return an event as its name and what it says, for whoever speaks HTTP."""
    match said:
        case Sources(found):
            return "sources", {"sources": shown(found)}
        case Token(text):
            return "token", {"text": text}
        case Done():
            return "done", {"cited": list(said.cited), "found": said.found}
        case Beat():
            return "", {}
