"""Finds out how this process and its stores are doing."""

from collections.abc import Mapping

from seaway_service import cache, health
from seaway_service.health import PartHealth

from lulab.names import API
from lulab.parts import Parts

CHECK_SECONDS = 1.5


async def stores(parts: Parts) -> Mapping[str, PartHealth]:
    """Ask all that is needed at once; the replica is not: the primary can be read too."""
    checks: dict[str, health.Check] = {
        "database": parts.stores.database.version,
        "redis": lambda: cache.check(parts.stores.redis),
        "objects": parts.stores.objects.check,
    }
    return await health.asked(checks, CHECK_SECONDS)


async def detailed(parts: Parts) -> tuple[bool, dict[str, object]]:
    """Return whether all is well, and everything there is to tell."""
    well, told = health.detailed(release(parts), parts.started_at, await stores(parts))
    async with parts.stores.reads.session() as (_, source):
        read = {"from": source.name, "lag": round(source.lag, 3)}
    return well, {**told, "reads": read}


def release(parts: Parts) -> dict[str, object]:
    """Return which release this is, where it runs, and whose services it can use."""
    settings = parts.settings
    return {
        "service": API,
        "version": settings.RELEASE_VERSION,
        "commit": settings.RELEASE_COMMIT,
        "date": settings.RELEASE_DATE,
        "environment": settings.APP_ENV.value,
        "instance": settings.INSTANCE,
        "integrations": dict(settings.integrations),
    }
