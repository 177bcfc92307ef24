"""A stream that has nothing to say says so: balancers close silent ones."""

import asyncio

from seaway.ai.rag.app import with_heartbeats


async def test_silence_is_told_and_nothing_is_lost():
    go, ended = asyncio.Event(), []

    async def events():
        try:
            yield "first"
            await go.wait()
            yield "second"
        finally:
            ended.append("yes")

    seen = []
    async for event in with_heartbeats(events(), 0.01):
        seen.append(event)
        if len(seen) == 4:
            go.set()

    assert seen[:4] == ["first", None, None, None]
    assert [each for each in seen if each] == ["first", "second"]
    assert ended == ["yes"]
