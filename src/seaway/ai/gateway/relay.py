"""Relay: the rest of a stream to the client, to an end that is never silent."""

import asyncio

import orjson

from seaway.ai.gateway.calling import Live
from seaway.ai.gateway.events import Malformed, Stopped
from seaway.ai.gateway.front import Front
from seaway.ai.gateway.metrics import Metrics
from seaway.ai.gateway.refusal import interrupted
from seaway.ai.gateway.upstream import Failed

_MOST_KEPT = 2**20
_WORDS = {"between": "it stopped sending", "truncated": "the connection broke",
          "total": "it took too long", "malformed": "it sent what cannot be read"}  # fmt: skip


async def relayed(live: Live, reply: Front, metrics: Metrics, *, keep: bool) -> bytes:
    """Send the stream on; return it whole if it ended well and is to be kept, else nothing.

    A provider that breaks off makes the stream end with an event that says so, which clients raise
    as an error that may be retried; what was sent before is never repeated.
    """
    target = live.target
    names = f"x-seaway-provider: {target.provider}\r\nx-seaway-model: {target.model}\r\n"
    reply.stream(names.encode("latin-1", "replace"), live.first)
    kept: list[bytes] = []
    try:
        await _rest(live, reply, metrics, kept if keep else None)
        last = live.events.end()
    except (Failed, Malformed, Stopped) as error:
        reply.end(_typed_end(error, live, metrics))
        return b""
    finally:
        live.provider.leave(live.connection, ended=live.events.done)
    reply.end(last)
    return b"".join((live.first, *kept, last)) if sum(map(len, kept)) < _MOST_KEPT else b""


async def _rest(live: Live, reply: Front, metrics: Metrics, kept: list[bytes] | None) -> None:
    loop, events = asyncio.get_running_loop(), live.events
    if events.reasoned and events.answering:  # both came at once
        metrics.reasoning.note(live.first_after, live.target.provider)
    thinking = events.reasoned and not events.answering
    while not events.done and (data := await _next(live, loop)):
        out = events.feed(data)
        if thinking and events.answering:
            thinking = False
            metrics.reasoning.note(loop.time() - live.since, live.target.provider)
        if out:
            reply.piece(out)
            if kept is not None:
                kept.append(out)
            await reply.drained()


def _typed_end(error: Exception, live: Live, metrics: Metrics) -> bytes:
    why = error.why if isinstance(error, Failed) else "malformed"
    if isinstance(error, Malformed) and live.connection.complete:
        why = "truncated"
    live.provider.health.bad(asyncio.get_running_loop().time())
    metrics.interrupted.add(live.target.provider, why)
    words = str(error) if isinstance(error, Stopped) else _WORDS.get(why, why)
    return b"data: " + orjson.dumps({"error": interrupted(words).error}) + b"\n\n"


async def _next(live: Live, loop: asyncio.AbstractEventLoop) -> bytes:
    now, between = loop.time(), live.provider.told.between
    total = live.due < now + between
    live.connection.limit(live.due if total else now + between, "total" if total else "between")
    return await live.connection.piece()
