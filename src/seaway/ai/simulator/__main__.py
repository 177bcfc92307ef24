"""python -m seaway.ai.simulator: answer until told to end."""

import asyncio
import os
import signal

import uvloop

from seaway.ai.simulator.app import Simulator
from seaway.ai.simulator.settings import Settings, settings
from seaway.ai.simulator.wire import Connection

BACKLOG = 4096


async def serve(told: Settings) -> None:
    """Answer until SIGTERM or SIGINT."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, over.set)
    simulator = Simulator(told)
    server = await loop.create_server(
        lambda: Connection(simulator.handle), told.host, told.port, backlog=BACKLOG
    )
    async with server:
        await over.wait()
        server.close()


if __name__ == "__main__":
    uvloop.run(serve(settings(os.environ)))
