"""Clock: the time, and waiting for it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Says what time it is; all times carry UTC."""

    def now(self) -> datetime: ...

    async def sleep_until(self, when: datetime) -> None:
        """Return at that time, at once if it has passed."""
        ...
