"""Lines of containers, without an engine."""

import asyncio
from datetime import UTC, datetime

import pytest

from seaway.model.names import InstanceId, Name
from seaway.ports.target import Line, LogQuery
from seaway.targets.docker.tailing import Tailing

NOW = datetime(2026, 11, 30, tzinfo=UTC)
LATER = datetime(2026, 12, 1, tzinfo=UTC)


class OneLine(Tailing):
    """One container that says one thing when it is told to."""

    def __init__(self) -> None:
        self.says = asyncio.Event()

    async def _there(self, _query):
        return {InstanceId("api-1"): "api"}

    async def _of(self, found, _query):
        await self.says.wait()
        yield Line(at=LATER, workload=Name("api"), instance=found[0], stream="stdout", text="one")
        await asyncio.Event().wait()


@pytest.mark.parametrize("turns", range(9))
async def test_whoever_follows_can_be_stopped_also_when_a_line_comes_just_then(turns):
    """`seaway deploy` did not end when the ingress wrote a line in the moment it was over."""
    tailing = OneLine()

    async def follow() -> None:
        async for _ in tailing._to_come(LogQuery(follow=True), NOW):
            pass

    following = asyncio.create_task(follow())
    await asyncio.sleep(0.02)
    tailing.says.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    following.cancel()
    done, _ = await asyncio.wait({following}, timeout=1)
    following.cancel()

    assert done
