"""Counts what every service counts, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram

BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Counts:
    """The figures of one service; make it once for a process, names must not come twice."""

    def __init__(self, service: str) -> None:
        self.requests = Counter(
            f"{service}_http_requests", "Requests answered.", ("operation", "method", "status")
        )
        self.seconds = Histogram(
            f"{service}_http_request_seconds", "Time to answer.", ("operation",), buckets=BUCKETS
        )
        self.in_flight = Gauge(f"{service}_http_requests_in_flight", "Requests being answered now.")
        self.logins = Counter(f"{service}_logins", "Attempts to log in.", ("outcome",))
        self.release = Gauge(
            f"{service}_release_info",
            "Always 1; the release is in the labels.",
            ("version", "instance"),
        )
