"""Puts the application together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from seaway_service import problems
from seaway_service.observed import Observed
from seaway_service.origins import cross_origin
from seaway_service.setting_types import AppEnv
from starlette.middleware import Middleware

from qingyu.http import ai, auth, conversations, documents, probes
from qingyu.metrics import COUNTS
from qingyu.parts import Parts

ROUTERS = (probes.router, auth.router, documents.router, conversations.router, ai.router)


def create_app(parts: Parts) -> FastAPI:
    """Return the application; the parts are closed when it ends."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        yield
        await parts.close()

    settings = parts.settings
    app = FastAPI(
        title="Qingyu",
        version=settings.RELEASE_VERSION,
        openapi_url="/api/v1/openapi.json",
        docs_url=None if settings.APP_ENV is AppEnv.PRODUCTION else "/api/v1/docs",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # as they are: `include_router` would build each of them again for the first request
        routes=[route for router in ROUTERS for route in router.routes],
        middleware=[
            Middleware(Observed, counts=COUNTS, quiet=["/health"]),
            *cross_origin(settings.origins),
        ],
        exception_handlers=dict(problems.HANDLERS),
        lifespan=lifespan,
    )
    app.state.parts = parts
    COUNTS.release.labels(settings.RELEASE_VERSION, settings.INSTANCE).set(1)
    return app
