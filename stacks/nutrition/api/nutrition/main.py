"""Puts the application together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from seaway_service import problems
from seaway_service.client import RefusedError
from seaway_service.observed import Observed
from seaway_service.origins import cross_origin
from seaway_service.setting_types import AppEnv
from starlette.middleware import Middleware

from nutrition.clients.keys import ForgedError
from nutrition.http import ai, auth, dishes, orders, payments, preferences, probes, websocket
from nutrition.http.limit import Limited
from nutrition.http.refusals import refused_by_service
from nutrition.metrics import COUNTS
from nutrition.parts import Parts

ROUTERS = (
    probes.probes,
    auth.router,
    dishes.router,
    preferences.router,
    ai.ai,
    ai.router,
    ai.static,
    orders.router,
    payments.router,
    websocket.router,
    probes.router,
)


def create_app(parts: Parts) -> FastAPI:
    """Return the application; the parts are opened when it starts and closed when it ends."""
    app = FastAPI(
        title="Nutrition",
        version=parts.settings.RELEASE_VERSION,
        openapi_url="/api/openapi.json",
        docs_url=None if parts.settings.APP_ENV is AppEnv.PRODUCTION else "/api/docs",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # as they are: `include_router` would build each of them again for the first request
        routes=[route for router in ROUTERS for route in router.routes],
        middleware=[
            Middleware(Observed, counts=COUNTS, quiet=["/health", "/health/ready"]),
            *cross_origin(
                parts.settings.origins,
                may_read=["X-RateLimit-Limit", "X-RateLimit-Remaining"],
                credentials=parts.settings.CORS_CREDENTIALS,
            ),
            Middleware(Limited),
        ],
        exception_handlers={
            **problems.HANDLERS,
            RefusedError: not_done,
            ForgedError: not_believed,
        },
        lifespan=lifespan,
    )
    app.state.parts = parts
    COUNTS.release.labels(parts.settings.RELEASE_VERSION, parts.settings.INSTANCE).set(1)
    return app


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the stores and listen for events; close them when the last request is answered."""
    parts: Parts = app.state.parts
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(parts.events.run())
        yield
        listening.cancel()
    parts.access.passwords.close()
    for service in parts.pay.values():
        await service.close()
    for client in (parts.search, parts.vision, parts.chat):
        await client.close()
    await parts.objects.close()
    await parts.redis.aclose()
    await parts.database.close()


async def not_done(request: Request, error: Exception) -> Response:
    """Say what a service refused: what the caller sent, or what is our own fault."""
    if not isinstance(error, RefusedError):  # pragma: no cover
        raise error
    return await problems.answer(request, refused_by_service(error))


async def not_believed(request: Request, _error: Exception) -> Response:
    """Say that the answer of a payment service was not signed by it."""
    return await problems.answer(request, problems.unavailable("the payment service"))
