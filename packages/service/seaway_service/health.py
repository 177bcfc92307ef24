"""Finds out how a process and the stores it uses are doing."""

import asyncio
import os
import resource
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from seaway_service.errors import NotThereError, UnavailableError

Check = Callable[[], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class PartHealth:
    """Whether a store answers, how quickly, and why not."""

    up: bool
    milliseconds: float
    why: str = ""

    def shown(self) -> dict[str, object]:
        """Return it as JSON."""
        said: dict[str, object] = {"state": "up" if self.up else "down", "ms": self.milliseconds}
        return said | ({"why": self.why} if self.why else {})


async def asked(checks: Mapping[str, Check], limit: float) -> Mapping[str, PartHealth]:
    """Ask all stores at once; units: seconds that each may take at most."""
    found = await asyncio.gather(*(checked(check, limit) for check in checks.values()))
    return dict(zip(checks, found, strict=True))


async def checked(check: Check, limit: float) -> PartHealth:
    """Run one check within its time."""
    began = time.perf_counter()
    try:
        async with asyncio.timeout(limit):
            await check()
    except TimeoutError:
        return PartHealth(up=False, milliseconds=since(began), why="did not answer in time")
    except NotThereError:
        return PartHealth(up=False, milliseconds=since(began), why="the bucket is not there")
    except UnavailableError as error:
        why = str(error.__cause__ or error).partition("\n")[0] or "did not answer"
        return PartHealth(up=False, milliseconds=since(began), why=why)
    return PartHealth(up=True, milliseconds=since(began))


def since(began: float) -> float:
    """Return how many milliseconds went by."""
    return round((time.perf_counter() - began) * 1000, 1)


def detailed(
    release: Mapping[str, object], started_at: datetime, parts: Mapping[str, PartHealth]
) -> tuple[bool, dict[str, object]]:
    """Return whether all is well, and everything there is to tell."""
    well = all(part.up for part in parts.values())
    now = datetime.now(UTC)
    return well, {
        "status": "healthy" if well else "degraded",
        **release,
        "time": now.isoformat(timespec="milliseconds"),
        "uptime": round((now - started_at).total_seconds(), 3),
        "pid": os.getpid(),
        "memory": memory(),
        "cpu": cpu(),
        "parts": {name: part.shown() for name, part in parts.items()},
    }


def memory() -> dict[str, float]:
    """Return what the process uses of what it may have; units: bytes, and percent."""
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    used = pages * resource.getpagesize()
    total = memory_limit()
    return {"used": used, "total": total, "percentage": round(100 * used / total, 2)}


def memory_limit() -> int:
    """Return the limit of the control group if there is one, else the memory of the machine."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text("ascii").strip()
    except OSError:
        return total
    return min(int(limit), total) if limit.isdigit() else total


def cpu() -> dict[str, float]:
    """Return the processor time used so far in seconds, and the load of the machine."""
    times = os.times()
    return {"seconds": round(times.user + times.system, 2), "load": round(os.getloadavg()[0], 2)}
