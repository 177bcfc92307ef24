"""Counts what the service does, for Prometheus, under the names that its users know."""

import time

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60)

REQUESTS = Counter(
    "http_requests", "Requests answered (http_requests_total).", ("operation", "method", "status")
)
SECONDS = Histogram(
    "http_request_duration_seconds", "Time to answer.", ("operation",), buckets=BUCKETS
)
DECISIONS = Counter(
    "ai_route_decisions", "Ways chosen (ai_route_decisions_total).", ("route", "rule")
)
LOOKUPS = Counter("ai_cache_lookups", "Questions looked up in the cache.", ("outcome",))
HIT_RATE = Gauge("ai_cache_hit_rate", "Share of questions answered from the cache, last 10 min.")
REASONING = Histogram("ai_reasoning_duration_seconds", "Time that reasoning took.", buckets=BUCKETS)
PROVIDER = Counter("ai_provider_requests", "Calls of models.", ("model", "outcome"))
RELEASE = Gauge("heartalk_release_info", "Always 1; see the labels.", ("version", "instance"))

WINDOW = 600.0
SLICE = 10.0


class HitRate:
    """Hits and misses of the last ten minutes, in slices of ten seconds."""

    def __init__(self) -> None:
        self._slices: dict[int, list[int]] = {}

    def count(self, *, hit: bool) -> None:
        """One more lookup."""
        LOOKUPS.labels("hit" if hit else "miss").inc()
        now = time.monotonic()
        oldest = int((now - WINDOW) / SLICE)
        for old in [key for key in self._slices if key < oldest]:
            del self._slices[old]
        self._slices.setdefault(int(now / SLICE), [0, 0])[0 if hit else 1] += 1
        HIT_RATE.set(self.rate)

    @property
    def rate(self) -> float:
        """Between 0 and 1; 0 where nothing was looked up."""
        hits = sum(one for one, _ in self._slices.values())
        misses = sum(one for _, one in self._slices.values())
        return hits / (hits + misses) if hits + misses else 0.0
