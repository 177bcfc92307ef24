"""Runs the API: refuses bad settings, serves, and stops gracefully."""

import gc
import os
import signal
import socket
import sys
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from nutrition.environment import UnusableEnvironmentError
from nutrition.logs import API, write_json
from nutrition.main import create_app
from nutrition.parts import made
from nutrition.settings import Settings, settings

EX_CONFIG = 78  # sysexits.h: something in the configuration is wrong; a restart will not help
LARGEST_MESSAGE = 64 * 1024


class StoppingServer(uvicorn.Server):
    """Ends the open streams when told to stop; uvicorn would wait for them in vain."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    try:
        chosen = settings(os.environ)
    except UnusableEnvironmentError as error:
        sys.stderr.write(f"nutrition: refused to start: {error}\n")
        return EX_CONFIG
    write_json(API, chosen)
    parts = made(chosen)
    server = StoppingServer(config(chosen, create_app(parts)), parts.events.end)
    # uvicorn repeats the signal when it is done; by then the stop is a success, not a death
    signal.signal(signal.SIGTERM, let_be)
    gc.freeze()
    gc.enable()
    server.run()
    return 0 if server.started else 1


def config(chosen: Settings, app: FastAPI) -> uvicorn.Config:
    """Return how to serve."""
    return uvicorn.Config(
        app,
        host=chosen.HOST,
        port=chosen.PORT,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=chosen.TRUSTED_PROXIES,
        # longer than a balancer keeps idle connections: it must be the one to close them
        timeout_keep_alive=75,
        timeout_graceful_shutdown=chosen.STOP_SECONDS,
    )


def let_be(_number: int, _frame: FrameType | None) -> None:
    """Ignore a signal that was dealt with."""
