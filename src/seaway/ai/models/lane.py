"""Lane: one thread for one model, and a short queue before it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from seaway.serving.refusal import Refusal

T = TypeVar("T")


class Lane:
    """Work in order. More than `most` at once are refused at once: waiting would not help them."""

    def __init__(self, name: str, most: int) -> None:
        self.most, self.busy = most, 0
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, work: Callable[[], T]) -> T:
        """The result of `work`, done in the thread.

        Raises:
            Refusal: 503, there are too many.
        """
        if self.busy >= self.most:
            raise Refusal(503, "overloaded", "The model has too much to do.", after=1)
        self.busy += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self.busy -= 1

    def close(self) -> None:
        """Nothing more is begun."""
        self._thread.shutdown(wait=False, cancel_futures=True)
