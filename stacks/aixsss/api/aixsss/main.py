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

from aixsss import problems
from aixsss.follow import follow
from aixsss.http import auth, content, jobs, keys, probes, streams, uploads
from aixsss.http.observed import Observed
from aixsss.metrics import RELEASE
from aixsss.parts import Parts
from aixsss.setting_types import AppEnv
from aixsss.settings import Settings
from aixsss.stores.errors import NotThereError, UnavailableError

GET, PUT, POST, DELETE = HTTPMethod.GET, HTTPMethod.PUT, HTTPMethod.POST, HTTPMethod.DELETE
ROUTERS = (
    probes.probes,
    auth.router,
    keys.router,
    jobs.router,
    uploads.router,
    content.router,
    streams.router,
    probes.router,
)


def create_app(parts: Parts) -> FastAPI:
    """Return the application; the parts are opened when it starts and closed when it ends."""
    app = FastAPI(
        title="AIXSSS",
        version=parts.settings.RELEASE_VERSION,
        openapi_url="/api/openapi.json",
        docs_url=None if parts.settings.APP_ENV is AppEnv.PRODUCTION else "/api/docs",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # as they are: `include_router` would build each of them again for the first request
        routes=[route for router in ROUTERS for route in router.routes],
        middleware=[Middleware(Observed), *cross_origin(parts.settings)],
        exception_handlers={
            HTTPException: problems.answer,
            RequestValidationError: problems.refused,
            UnavailableError: store_away,
            NotThereError: bytes_missing,
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
            allow_credentials=True,
            allow_methods=[GET, PUT, POST, DELETE],
            allow_headers=["Authorization", "Content-Type", "Range", "X-Request-ID"],
            expose_headers=["Content-Range", "ETag", "Retry-After", "X-Request-ID"],
            max_age=600,
        )
    ]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open the stores and listen for events; close them when the last request is answered."""
    parts: Parts = app.state.parts
    async with asyncio.TaskGroup() as tasks:
        listening = [tasks.create_task(parts.events.run()), tasks.create_task(follow(parts))]
        yield
        for each in listening:
            each.cancel()
    parts.passwords.close()
    await parts.objects.close()
    await parts.redis.aclose()
    await parts.database.close()


async def store_away(request: Request, error: Exception) -> Response:
    """Say which part does not answer."""
    part = error.part if isinstance(error, UnavailableError) else "a part"
    return await problems.answer(request, problems.unavailable(part))


async def bytes_missing(request: Request, _error: Exception) -> Response:
    """Say that the file is gone."""
    return await problems.answer(request, problems.not_found("file"))
