"""Finds out how this process and its stores are doing."""

from collections.abc import Mapping

from seaway_service import cache, health
from seaway_service.health import PartHealth

from nutrition.parts import Parts


async def stores(parts: Parts) -> Mapping[str, PartHealth]:
    """Ask all stores at once, each for as long as a health check may take at most."""
    checks: dict[str, health.Check] = {
        "database": parts.database.version,
        "redis": lambda: cache.check(parts.redis),
        "objects": parts.objects.check,
    }
    return await health.asked(checks, parts.settings.HEALTH_CHECK_TIMEOUT / 1000)


async def detailed(parts: Parts) -> tuple[bool, dict[str, object]]:
    """Return whether all is well, and everything there is to tell."""
    return health.detailed(release(parts), parts.started_at, await stores(parts))


def release(parts: Parts) -> dict[str, object]:
    """Return which release this is, where it runs, and whose services it can use."""
    settings = parts.settings
    return {
        "service": settings.APP_NAME,
        "version": settings.APP_VERSION,
        "release": settings.RELEASE_VERSION,
        "commit": settings.GIT_COMMIT_HASH,
        "date": settings.DEPLOYMENT_DATE,
        "integrations": dict(settings.integrations),
        "environment": settings.APP_ENV.value,
        "instance": settings.INSTANCE,
    }
