"""Stops asking a store that does not answer, so that requests fail fast instead of piling up."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from seaway_service.errors import UnavailableError

FAILURES = 5
PAUSE_SECONDS = 2.0


class Breaker:
    """After five failures in a row, refuses for two seconds; then one more failure is enough."""

    def __init__(self, part: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._part = part
        self._clock = clock
        self._failures = 0
        self._closed_until = 0.0

    @asynccontextmanager
    async def guard(self) -> AsyncIterator[None]:
        """Run one request.

        Raises:
            UnavailableError: the store was not asked, it failed too often just now.
        """
        if self._clock() < self._closed_until:
            raise UnavailableError(self._part)
        try:
            yield
        except UnavailableError:
            self._failures += 1
            if self._failures >= FAILURES:
                self._closed_until = self._clock() + PAUSE_SECONDS
            raise
        self._failures = 0
