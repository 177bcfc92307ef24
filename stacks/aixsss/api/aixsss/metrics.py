"""Counts what the API does, for Prometheus."""

from prometheus_client import Gauge
from seaway_service.metrics import Counts

from aixsss.names import NAME

COUNTS = Counts(NAME)
STREAMS = Gauge(f"{NAME}_event_streams", "Open event streams and websockets.", ("kind",))
