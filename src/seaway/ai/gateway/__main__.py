"""python -m seaway.ai.gateway: answer until told to end."""

import asyncio
import gc
import os
import resource
import signal
import sys
from collections.abc import Coroutine, Mapping
from contextlib import suppress

import uvloop

from seaway.ai.gateway.app import App
from seaway.ai.gateway.cache import KEEP, LOOK
from seaway.ai.gateway.calling import callers
from seaway.ai.gateway.front import Front, watch
from seaway.ai.gateway.limits import RESERVE, SETTLE
from seaway.ai.gateway.settings import Settings, settings
from seaway.ai.gateway.store import Address, Store, StoreGone
from seaway.ai.gateway.turn import Turn

BACKLOG = 4096
YOUNG = 20_000
"""New objects before the collector looks for circles; those of requests go by themselves."""
TICK = 1.0
"""Seconds between two looks at the common clock of the limits."""
LEAVING = 0.5
"""Seconds in which a balancer learns that no more requests are wanted."""


async def serve(told: Settings, environ: Mapping[str, str]) -> None:
    """Answer until SIGTERM or SIGINT; then finish what is under way."""
    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(each, over.set)
    turn = Turn(loop)
    app, fronts = _app(told, environ, turn), set[Front]()
    host, port = environ.get("HOST") or "127.0.0.1", int(environ.get("PORT") or 8000)
    async with asyncio.TaskGroup() as together:
        tasks = [together.create_task(each) for each in (watch(fronts), *_kept(app))]
        server = await loop.create_server(
            lambda: Front(app, turn, fronts), host, port, backlog=BACKLOG
        )
        gc.set_threshold(YOUNG)
        gc.freeze()  # what is there now stays: it need not be looked through again and again
        await over.wait()
        app.ending = True
        await asyncio.sleep(LEAVING)
        server.close()
        await _finished(fronts)
        with suppress(StoreGone):
            await app.metrics.accounts.write()
        for task in tasks:
            task.cancel()
    app.close()


def _app(told: Settings, environ: Mapping[str, str], turn: Turn) -> App:
    store = None
    if told.store_from:
        store = Store(Address.of(environ[told.store_from]), (RESERVE, SETTLE, LOOK, KEEP), turn)
    return App(told, environ, callers(told, environ, turn), store)


def _kept(app: App) -> tuple[Coroutine[None, None, None], ...]:
    """What goes on as long as the program does, where there is a store."""
    if app.store is None:
        return ()
    accounts, prompts = app.metrics.accounts, app.serving.prompts
    return app.store.keep(), _tick(app), accounts.keep(), prompts.forget()


async def _finished(fronts: set[Front]) -> None:
    """Return when nothing is being answered; who started this program limits the time."""
    while fronts:
        for each in tuple(fronts):
            each.hang_up()
        await asyncio.sleep(0.05)


async def _tick(app: App) -> None:
    while True:
        with suppress(StoreGone):
            await app.serving.limiter.tick()
        await asyncio.sleep(TICK)


def allow_connections() -> None:
    """As many open files as this process may have: each client and each call is one."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    allow_connections()
    try:
        uvloop.run(serve(settings(os.environ), os.environ))
    except ValueError as error:
        sys.stderr.write(f"gateway: {error}\n")
        sys.exit(2)
