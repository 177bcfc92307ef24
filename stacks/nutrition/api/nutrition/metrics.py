"""Counts what the API does, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

REQUESTS = Counter(
    "nutrition_http_requests", "Requests answered.", ("operation", "method", "status")
)
SECONDS = Histogram(
    "nutrition_http_request_seconds", "Time to answer.", ("operation",), buckets=BUCKETS
)
IN_FLIGHT = Gauge("nutrition_http_requests_in_flight", "Requests being answered now.")
LOGINS = Counter("nutrition_logins", "Attempts to log in.", ("outcome",))
SOCKETS = Gauge("nutrition_websockets", "Open websockets.")
LIMITED = Counter("nutrition_limited", "Requests refused by the limit of one user or address.")
PAYMENTS = Counter("nutrition_payments", "What payment services told.", ("provider", "outcome"))
ANSWERS = Counter("nutrition_answers", "Questions answered.", ("cached",))
SIMILAR = Counter("nutrition_similar_searches", "Searches for dishes that are alike.")
RELEASE = Gauge(
    "nutrition_release_info", "Always 1; the release is in the labels.", ("version", "instance")
)
