"""Puts the application together."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from seaway_service import problems
from seaway_service.observed import Observed
from seaway_service.origins import cross_origin
from seaway_service.setting_types import AppEnv
from starlette.middleware import Middleware

from aixsss.follow import follow
from aixsss.http import auth, content, jobs, keys, probes, streams, uploads
from aixsss.metrics import COUNTS
from aixsss.parts import Parts

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
        middleware=[
            Middleware(Observed, counts=COUNTS),
            *cross_origin(
                parts.settings.origins, may_send=["Range"], may_read=["Content-Range", "ETag"]
            ),
        ],
        exception_handlers=dict(problems.HANDLERS),
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
        listening = [tasks.create_task(parts.events.run()), tasks.create_task(follow(parts))]
        yield
        for each in listening:
            each.cancel()
    parts.access.passwords.close()
    await parts.objects.close()
    await parts.redis.aclose()
    await parts.database.close()
