"""Runs an API: refuses bad settings, serves, and stops gracefully."""

import gc
import signal
import socket
from collections.abc import Callable
from types import FrameType
from typing import Protocol

import uvicorn
from fastapi import FastAPI

from seaway_service.together import TogetherProtocol

LARGEST_MESSAGE = 64 * 1024


class Served(Protocol):
    """Where to listen, whose word to take for where a request comes from, and how to stop."""

    @property
    def HOST(self) -> str: ...  # noqa: N802 -- the name in the environment

    @property
    def PORT(self) -> int: ...  # noqa: N802

    @property
    def TRUSTED_PROXIES(self) -> str: ...  # noqa: N802

    @property
    def STOP_SECONDS(self) -> int: ...  # noqa: N802


class StoppingServer(uvicorn.Server):
    """Ends the open streams when told to stop; uvicorn would wait for them in vain."""

    def __init__(self, config: uvicorn.Config, on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_stop = on_stop

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._on_stop()
        await super().shutdown(sockets)


def serve(app: FastAPI, settings: Served, on_stop: Callable[[], None] = lambda: None) -> int:
    """Serve until told to stop; returns the exit status."""
    server = StoppingServer(config(app, settings), on_stop)
    # uvicorn repeats the signal when it is done; by then the stop is a success, not a death
    signal.signal(signal.SIGTERM, let_be)
    gc.freeze()
    gc.enable()
    server.run()
    return 0 if server.started else 1


def config(app: FastAPI, settings: Served) -> uvicorn.Config:
    """Return how to serve."""
    return uvicorn.Config(
        app,
        host=settings.HOST,
        port=settings.PORT,
        loop="uvloop",
        http=TogetherProtocol,
        ws="websockets-sansio",
        ws_max_size=LARGEST_MESSAGE,
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=settings.TRUSTED_PROXIES,
        # longer than a balancer keeps idle connections: it must be the one to close them
        timeout_keep_alive=75,
        timeout_graceful_shutdown=settings.STOP_SECONDS,
    )


def let_be(_number: int, _frame: FrameType | None) -> None:
    """Ignore a signal that was dealt with."""
