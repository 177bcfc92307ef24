"""Puts the application together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from seaway_service import problems
from seaway_service.observed import Observed
from seaway_service.origins import cross_origin
from seaway_service.setting_types import AppEnv
from starlette.middleware import Middleware

from lulab.clients.meeting import ForgedError
from lulab.http import audit, auth, meetings, probes, webhooks
from lulab.metrics import COUNTS
from lulab.parts import Parts

ROUTERS = (
    probes.probes,
    auth.router,
    meetings.router,
    audit.router,
    webhooks.router,
    probes.router,
)


def create_app(parts: Parts) -> FastAPI:
    """Return the application; the parts are opened when it starts and closed when it ends."""
    settings = parts.settings
    app = FastAPI(
        title="LuLab",
        version=settings.RELEASE_VERSION,
        openapi_url="/api/openapi.json",
        docs_url=None if settings.APP_ENV is AppEnv.PRODUCTION else "/api/docs",
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        # as they are: `include_router` would build each of them again for the first request
        routes=[route for router in ROUTERS for route in router.routes],
        middleware=[
            Middleware(Observed, counts=COUNTS),
            *cross_origin(
                settings.origins,
                may_send=["Range"],
                may_read=["Content-Range", "ETag", "X-Read-From", "X-Replica-Lag"],
            ),
        ],
        exception_handlers={**problems.HANDLERS, ForgedError: not_believed},
        lifespan=lifespan,
    )
    app.state.parts = parts
    COUNTS.release.labels(settings.RELEASE_VERSION, settings.INSTANCE).set(1)
    return app


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Close the stores when the last request is answered."""
    parts: Parts = app.state.parts
    yield
    parts.access.passwords.close()
    await parts.meeting.close()
    await parts.stores.close()


async def not_believed(request: Request, error: Exception) -> Response:
    """Say that an event was not signed by the meeting service."""
    return await problems.answer(request, problems.Problem(403, "forged", str(error)))
