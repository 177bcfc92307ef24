"""Tells balancers and operators how this copy is doing."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from qingyu_contract import database
from seaway_service import cache, health
from seaway_service.routes import Route

from qingyu.parts import Known

CHECK_SECONDS = 5.0

# what operators ask; the ingress leads to /health alone
router = APIRouter(route_class=Route, include_in_schema=False)


@router.get("/health", response_class=PlainTextResponse)
async def health_page() -> PlainTextResponse:
    """Say, to whoever is outside, that the service answers."""
    return PlainTextResponse("healthy\n")


@router.get("/livez")
async def alive() -> JSONResponse:
    """Say that the process answers; whatever else is broken, a restart would not mend it."""
    return JSONResponse({"status": "alive"})


@router.get("/readyz")
async def ready(known: Known) -> JSONResponse:
    """Say that it takes requests.

    A database without a primary is no reason to refuse them: an election takes seconds, requests
    wait for it, and no other copy has another database.
    """
    return JSONResponse({"status": "ready", "instance": known.settings.INSTANCE})


@router.get("/healthz")
async def healthy(known: Known) -> JSONResponse:
    """Say all there is to say."""
    settings = known.settings
    release: dict[str, object] = {
        "service": "qingyu", "release": settings.RELEASE_VERSION, "instance": settings.INSTANCE,
        "environment": settings.APP_ENV.value,
    }  # fmt: skip
    checks: dict[str, health.Check] = {
        "mongodb": lambda: database.check(known.database),
        "redis": lambda: cache.check(known.redis),
    }
    found = await health.asked(checks, CHECK_SECONDS)
    well, said = health.detailed(release, known.started_at, found)
    return JSONResponse(said, 200 if well else 503)


@router.get("/metrics")
async def metrics() -> Response:
    """Give the counters in the text form of Prometheus."""
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})
