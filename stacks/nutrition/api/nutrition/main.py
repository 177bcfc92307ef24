"""Puts the application together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPMethod

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.middleware.cors import CORSMiddleware
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from nutrition import problems
from nutrition.clients.http import RefusedError
from nutrition.clients.keys import ForgedError
from nutrition.http import ai, auth, dishes, orders, payments, preferences, probes, websocket
from nutrition.http.limit import Limited
from nutrition.http.observed import Observed
from nutrition.metrics import RELEASE
from nutrition.parts import Parts
from nutrition.setting_types import AppEnv
from nutrition.settings import Settings
from nutrition.stores.errors import NotThereError, UnavailableError

GET, PUT, POST, DELETE = HTTPMethod.GET, HTTPMethod.PUT, HTTPMethod.POST, HTTPMethod.DELETE
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
            Middleware(Observed),
            *cross_origin(parts.settings),
            Middleware(Limited),
        ],
        exception_handlers={
            HTTPException: problems.answer,
            RequestValidationError: problems.refused,
            UnavailableError: store_away,
            NotThereError: bytes_missing,
            RefusedError: not_done,
            ForgedError: not_believed,
        },
        lifespan=lifespan,
    )
    app.state.parts = parts
    RELEASE.labels(parts.settings.RELEASE_VERSION, parts.settings.INSTANCE).set(1)
    return app


def cross_origin(settings: Settings) -> list[Middleware]:
    """Let the configured origins call with credentials, and no others."""
    if not settings.origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=settings.origins,
            allow_credentials=settings.CORS_CREDENTIALS,
            allow_methods=[GET, PUT, POST, DELETE],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
            expose_headers=[
                "Retry-After",
                "X-RateLimit-Limit",
                "X-RateLimit-Remaining",
                "X-Request-ID",
            ],
            max_age=600,
        )
    ]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the stores and listen for events; close them when the last request is answered."""
    parts: Parts = app.state.parts
    async with asyncio.TaskGroup() as tasks:
        listening = tasks.create_task(parts.events.run())
        yield
        listening.cancel()
    parts.passwords.close()
    for service in parts.pay.values():
        await service.close()
    for client in (parts.search, parts.vision, parts.chat):
        await client.close()
    await parts.objects.close()
    await parts.redis.aclose()
    await parts.database.close()


async def store_away(request: Request, error: Exception) -> Response:
    """Say which part does not answer."""
    part = error.part if isinstance(error, UnavailableError) else "a part"
    return await problems.answer(request, problems.unavailable(part))


async def bytes_missing(request: Request, _error: Exception) -> Response:
    """Say that it is gone."""
    return await problems.answer(request, problems.not_found("file"))


async def not_done(request: Request, error: Exception) -> Response:
    """Say what a service refused: what the caller sent, or what is our own fault."""
    if not isinstance(error, RefusedError):  # pragma: no cover
        raise error
    return await problems.answer(request, problems.refused_by_service(error))


async def not_believed(request: Request, _error: Exception) -> Response:
    """Say that the answer of a payment service was not signed by it."""
    return await problems.answer(request, problems.unavailable("the payment service"))
