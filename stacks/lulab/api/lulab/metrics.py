"""Counts what the API does, for Prometheus."""

from prometheus_client import Counter, Gauge
from seaway_service.metrics import Counts

from lulab.names import NAME

COUNTS = Counts(NAME)
EVENTS = Counter(f"{NAME}_events", "Events of the meeting service.", ("outcome",))
READS = Counter(f"{NAME}_reads", "Lists read, by where from.", ("source",))
LAG = Gauge(f"{NAME}_replica_lag_seconds", "How far the replica was behind when last asked.")
