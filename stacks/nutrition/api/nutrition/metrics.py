"""Counts what the API does, for Prometheus."""

from prometheus_client import Counter, Gauge
from seaway_service.metrics import Counts

from nutrition.names import NAME

COUNTS = Counts(NAME)
SOCKETS = Gauge(f"{NAME}_websockets", "Open websockets.")
LIMITED = Counter(f"{NAME}_limited", "Requests refused by the limit of one user or address.")
PAYMENTS = Counter(f"{NAME}_payments", "What payment services told.", ("provider", "outcome"))
ANSWERS = Counter(f"{NAME}_answers", "Questions answered.", ("cached",))
SIMILAR = Counter(f"{NAME}_similar_searches", "Searches for dishes that are alike.")
