"""SystemClock: the time of this machine."""

import asyncio
from datetime import UTC, datetime


class SystemClock:
    """The clock that everything but tests runs by."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 -- this is the Clock

    async def sleep_until(self, when: datetime) -> None:
        await asyncio.sleep(max((when - self.now()).total_seconds(), 0))
