"""Counts what the service does, for Prometheus."""

from prometheus_client import Counter, Gauge, Histogram
from seaway_service.metrics import Counts

COUNTS = Counts("qingyu_ai")
ANSWERS = Counter("qingyu_ai_answers", "Answers, by their end: complete or broken.", ("end",))
OPEN = Gauge("qingyu_ai_answers_open", "Being written now.")
FIRST = Histogram("qingyu_ai_first_token_seconds", "From request to the first piece.")
CALLS = Counter("qingyu_ai_calls", "Calls by gRPC, by status.", ("status",))
