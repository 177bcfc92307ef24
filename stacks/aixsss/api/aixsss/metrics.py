"""Counts what the API does, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter("aixsss_http_requests", "Requests answered.", ("operation", "method", "status"))
SECONDS = Histogram(
    "aixsss_http_request_seconds", "Time to answer.", ("operation",), buckets=BUCKETS
)
IN_FLIGHT = Gauge("aixsss_http_requests_in_flight", "Requests being answered now.")
LOGINS = Counter("aixsss_logins", "Attempts to log in.", ("outcome",))
STREAMS = Gauge("aixsss_event_streams", "Open event streams and websockets.", ("kind",))
RELEASE = Gauge(
    "aixsss_release_info", "Always 1; the release is in the labels.", ("version", "instance")
)
