"""Tells balancers and operators how this replica is doing."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse, PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from seaway_service.bodies import Answer
from seaway_service.routes import Route, router_of

from nutrition import health
from nutrition.parts import Known

# what operators ask; the ingress leads to /health alone
probes = APIRouter(route_class=Route, include_in_schema=False)
router = router_of("release")


class Release(Answer):
    """Which release answers, and which of its replicas."""

    service: str
    version: str
    release: str
    commit: str
    date: str
    environment: str
    instance: str
    integrations: dict[str, bool]


@probes.get("/health", response_class=PlainTextResponse)
async def health_page() -> PlainTextResponse:
    """Say, to whoever is outside, that the service answers."""
    return PlainTextResponse("healthy\n")


@probes.get("/health/ready", response_class=PlainTextResponse)
async def health_ready(known: Known) -> PlainTextResponse:
    """Say, to whoever is outside, whether the stores answer too; not which."""
    well = all(part.up for part in (await health.stores(known)).values())
    return PlainTextResponse("ready\n" if well else "not ready\n", 200 if well else 503)


@probes.get("/livez")
async def alive() -> JSONResponse:
    """Say that the process answers; whatever else is broken, a restart would not mend it."""
    return JSONResponse({"status": "alive"})


@probes.get("/readyz")
async def ready(known: Known) -> JSONResponse:
    """Say whether requests can be answered now, and if not, which store is missing."""
    asked = await health.stores(known)
    failed = [name for name, part in asked.items() if not part.up]
    answer = {
        "status": "not ready" if failed else "ready",
        "failed": failed,
        "parts": {name: part.shown() for name, part in asked.items()},
    }
    return JSONResponse(answer, status_code=503 if failed else 200)


@probes.get("/healthz")
async def healthy(known: Known) -> JSONResponse:
    """Say all there is to say."""
    well, answer = await health.detailed(known)
    return JSONResponse(answer, status_code=200 if well else 503)


@probes.get("/metrics")
async def metrics() -> Response:
    """Give the counters in the text form of Prometheus."""
    return Response(generate_latest(), headers={"content-type": CONTENT_TYPE_LATEST})


@router.get("/version")
async def version(known: Known) -> Release:
    """Say which release answers."""
    return Release.model_validate(health.release(known))
