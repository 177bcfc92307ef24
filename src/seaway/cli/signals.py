"""Signals: a terminal that is closed, and a machine that shuts down, are as good as Ctrl-C."""

import asyncio
import os
import signal
from collections.abc import Coroutine
from typing import TypeVar

from seaway.errors import Interrupted

Result = TypeVar("Result")


def carried_out(work: Coroutine[None, None, Result]) -> Result:
    """Its result. A signal cancels it: what it has begun is put in order before the command ends.

    Raises:
        Interrupted: there was one.
    """
    try:
        return asyncio.run(_until_a_signal(work))
    except asyncio.CancelledError as error:
        raise Interrupted("SW620", told=True) from error


async def _until_a_signal(work: Coroutine[None, None, Result]) -> Result:
    working = asyncio.ensure_future(work)

    def told(number: int) -> None:
        if number == signal.SIGHUP:  # there is nobody to tell, and no error is to come of that
            nowhere = os.open(os.devnull, os.O_WRONLY)
            for stream in (1, 2):
                os.dup2(nowhere, stream)
        if not working.cancelling():  # whoever insists is not to break off the tidying
            working.cancel()

    for each in (signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(each, told, each)
    return await working
