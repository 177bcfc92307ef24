"""Counts what the back end does, for Prometheus."""

from prometheus_client import Counter, Gauge
from seaway_service.metrics import Counts

NAME = "qingyu"
COUNTS = Counts(NAME)
STREAMS = Gauge(f"{NAME}_streams_open", "Answers being passed on now.")
ANSWERS = Counter(f"{NAME}_answers", "Answers passed on, by their end.", ("end",))
REPEATED = Counter(f"{NAME}_calls_repeated", "Calls made again before their first event.")
