"""Finds out how the process and what it needs are doing (R135)."""

import asyncio
import os
import resource
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path

from heartalk.metrics import DECISIONS
from heartalk.model import Models
from heartalk.routing import Route, Turn, decide
from heartalk.settings import Settings
from heartalk.store import Store

CHECK_SECONDS = 2.0
SLOW_SECONDS = 1.0


class Health:
    """Answers in detail; trouble of the provider degrades it and never ends the process."""

    def __init__(self, settings: Settings, store: Store, models: Models) -> None:
        self._settings, self._store, self._models = settings, store, models
        self._begun = time.monotonic()

    async def ready(self) -> bool:
        """Whether anything can be answered: by the provider, or from what is remembered.

        One dead part must not take all instances out; without both there is nothing to say.
        """
        return any(each["state"] != "down" for each in await self._asked())

    async def detailed(self) -> tuple[bool, dict[str, object]]:
        """Whether all is well, and all there is to tell."""
        cache, provider = await self._asked()
        router = _router()
        parts = {
            "router": router,
            "cache": cache | {"hitRate": round(self._store.hit_rate.rate, 4)},
            "reasoning": {"state": router["state"], "shown": self._settings.show_reasoning_process},
            "providers": provider,
        }
        well = all(part["state"] == "up" for part in parts.values())
        return well, {
            "status": "healthy" if well else "degraded",
            "service": "heartalk",
            "version": self._settings.release_version,
            "environment": self._settings.app_env,
            "instance": self._settings.instance,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "uptime": round(time.monotonic() - self._begun, 3),
            "pid": os.getpid(),
            "memory": memory(),
            "cpu": cpu(),
            "parts": parts,
        }

    async def _asked(self) -> tuple[dict[str, object], dict[str, object]]:
        """How Redis and the provider do, asked at once."""
        return await asyncio.gather(_checked(self._store.check()), _checked(self._models.check()))


def _router() -> dict[str, object]:
    """The rules are tried, not assumed."""
    right = (
        decide([Turn("user", "hello")]).route is Route.SIMPLE
        and decide([Turn("user", "why?")]).route is Route.REASONING
    )
    counted = sum(
        sample.value
        for family in DECISIONS.collect()
        for sample in family.samples
        if sample.name.endswith("_total")
    )
    return {"state": "up" if right else "down", "decisions": int(counted)}


async def _checked(check: Awaitable[None]) -> dict[str, object]:
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await check
    except TimeoutError:
        return {"state": "down", "why": "did not answer in time"}
    except Exception as error:  # noqa: BLE001 -- whatever it is, the part is not well
        return {"state": "down", "why": type(error).__name__}
    seconds = time.perf_counter() - begun
    state = "slow" if seconds > SLOW_SECONDS else "up"
    return {"state": state, "ms": round(seconds * 1000, 1)}


def memory() -> dict[str, float]:
    """What the process uses of what it may have; units: bytes, and percent."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    used = pages * resource.getpagesize()
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {"used": used, "total": total, "percentage": round(100 * used / total, 2)}


def cpu() -> dict[str, float]:
    """Processor seconds so far, and the load of the machine."""
    times = os.times()
    return {"seconds": round(times.user + times.system, 2), "load": round(os.getloadavg()[0], 2)}
