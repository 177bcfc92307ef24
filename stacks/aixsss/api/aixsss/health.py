"""Finds out how this process and its stores are doing."""

from collections.abc import Mapping

from seaway_service import cache, health
from seaway_service.health import PartHealth

from aixsss.names import API
from aixsss.parts import Parts

CHECK_SECONDS = 1.5


async def stores(parts: Parts) -> Mapping[str, PartHealth]:
    """Ask all stores at once, each for as long as a health check may take at most."""
    checks: dict[str, health.Check] = {
        "database": parts.database.version,
        "redis": lambda: cache.check(parts.redis),
        "objects": parts.objects.check,
    }
    return await health.asked(checks, CHECK_SECONDS)


async def detailed(parts: Parts) -> tuple[bool, dict[str, object]]:
    """Return whether all is well, and everything there is to tell."""
    return health.detailed(release(parts), parts.started_at, await stores(parts))


def release(parts: Parts) -> dict[str, str]:
    """Return which release this is and where it runs."""
    settings = parts.settings
    return {
        "service": API,
        "version": settings.RELEASE_VERSION,
        "commit": settings.RELEASE_COMMIT,
        "date": settings.RELEASE_DATE,
        "environment": settings.APP_ENV.value,
        "instance": settings.INSTANCE,
    }
