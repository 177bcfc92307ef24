"""Tells balancers and operators how this replica is doing."""

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from seaway_service.bodies import Answer
from seaway_service.routes import Route, router_of

from lulab import health
from lulab.parts import Known

# what operators ask; the ingress does not lead here
probes = APIRouter(route_class=Route, include_in_schema=False)
router = router_of("release")


class Release(Answer):
    """Which release answers, and which of its replicas."""

    service: str
    version: str
    commit: str
    date: str
    environment: str
    instance: str
    integrations: dict[str, bool]


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
