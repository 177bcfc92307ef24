"""Wish: the release that is wanted, as the supervisor knows it, for those who work beside it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from seaway.model.release import Release


@dataclass(slots=True)
class Wish:
    """Whoever is concerned by some releases only sleeps until there is one, and reads nothing."""

    release: Release | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def become(self, release: Release | None) -> None:
        """Wake those who wait, if it is another one."""
        if release is not self.release:
            self.release = release
            changed, self._changed = self._changed, asyncio.Event()
            changed.set()

    async def concerns(self, whom: Callable[[Release], bool]) -> Release:
        """Return when there is one that concerns whoever asks."""
        while self.release is None or not whom(self.release):
            await self._changed.wait()
        return self.release
