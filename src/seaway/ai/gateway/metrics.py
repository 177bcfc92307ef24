"""Metrics: counters and histograms of this process, in the text form of Prometheus."""

import os
import resource
from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from seaway.ai.gateway.usage import Account, Accounts, Key

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
Labels = tuple[str, ...]
Cell = list[float]


class Counter:
    """Counts by labels."""

    kind = "counter"

    def __init__(self, name: str, told: str, labels: Labels = ()) -> None:
        self.name, self.told, self.labels = name, told, labels
        self.values: dict[Labels, Cell] = {}

    def cell(self, *labels: str) -> Cell:
        """Where these are counted, to be kept by who counts often: one number in a list."""
        found = self.values.get(labels)
        if found is None:
            found = self.values[labels] = [0.0]
        return found

    def add(self, *labels: str, amount: float = 1) -> None:
        """One more, or so many."""
        self.cell(*labels)[0] += amount

    def lines(self) -> Iterator[str]:
        """Of the text form."""
        for labels, [value] in self.values.items():
            yield f"{self.name}{_shown(self.labels, labels)} {value:.12g}"


class Gauge(Counter):
    """Read when asked."""

    kind = "gauge"

    def __init__(self, name: str, told: str, read: Callable[[], Mapping[Labels, float]],
                 labels: Labels = ()) -> None:  # fmt: skip
        super().__init__(name, told, labels)
        self._read = read

    def lines(self) -> Iterator[str]:
        self.values = {labels: [value] for labels, value in self._read().items()}
        return super().lines()


class Reading(Gauge):
    """Likewise, and it only grows."""

    kind = "counter"


class Histogram:
    """How long things take, by labels."""

    kind = "histogram"

    def __init__(self, name: str, told: str, labels: Labels = ()) -> None:
        self.name, self.told, self.labels = name, told, labels
        self.values: dict[Labels, list[float]] = {}

    def note(self, seconds: float, *labels: str) -> None:
        """One more that took so long."""
        note(self.row(*labels), seconds)

    def row(self, *labels: str) -> Cell:
        """Where these are counted, for `note`."""
        found = self.values.get(labels)
        if found is None:
            found = self.values[labels] = [0.0] * (len(BOUNDS) + 2)
        return found

    def lines(self) -> Iterator[str]:
        """Of the text form: buckets are cumulative."""
        names = (*self.labels, "le")
        for labels, row in self.values.items():
            count = 0.0
            for bound, amount in zip((*map(str, BOUNDS), "+Inf"), row, strict=False):
                count += amount
                yield f"{self.name}_bucket{_shown(names, (*labels, bound))} {count:.12g}"
            yield f"{self.name}_sum{_shown(self.labels, labels)} {row[-1]:.9g}"
            yield f"{self.name}_count{_shown(self.labels, labels)} {count:.12g}"


def note(row: Cell, seconds: float) -> None:
    """One more in a row of a histogram."""
    row[bisect_left(BOUNDS, seconds)] += 1
    row[-1] += seconds


def _shown(names: Labels, values: Labels) -> str:
    if not names:
        return ""
    pairs = zip(names, values, strict=True)
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


class Metrics:
    """All of this process. The first seven names are those of R142."""

    def __init__(self, accounts: Accounts) -> None:
        self.accounts = accounts
        self.requests = Counter("http_requests_total", "Answered requests.",
                                ("method", "path", "status"))  # fmt: skip
        self.duration = Histogram("http_request_duration_seconds", "From request to last byte.",
                                  ("path",))  # fmt: skip
        self.decisions = Counter("ai_route_decisions_total", "Where requests were sent, and why.",
                                 ("route", "reason", "provider"))  # fmt: skip
        self.reasoning = Histogram("ai_reasoning_duration_seconds",
                                   "From request to the first token of the answer itself, of"
                                   " answers with reasoning.", ("provider",))  # fmt: skip
        self.cache = Counter("ai_cache_requests_total", "Looked up: hit, miss or shared.",
                             ("route", "result"))  # fmt: skip
        self.upstream = Counter("ai_upstream_requests_total", "Calls of providers.",
                                ("provider", "model", "outcome"))  # fmt: skip
        self.first = Histogram("ai_first_token_seconds", "Until a stream's first token.",
                               ("provider",))  # fmt: skip
        whose = ("client", "provider", "model")
        self.tokens = Reading("ai_tokens_total", "As charged.",
                              lambda: _tokens(accounts.rows), (*whose, "kind"))  # fmt: skip
        self.cost = Reading("ai_cost_total", "By the prices in the stack file.",
                            lambda: _costs(accounts.rows), whose)  # fmt: skip
        self.retries = Counter("ai_retries_total", "Calls repeated at the same provider.",
                               ("provider",))  # fmt: skip
        self.fallbacks = Counter("ai_fallbacks_total", "Calls passed on to another provider.",
                                 ("provider",))  # fmt: skip
        self.refused = Counter("ai_limit_refusals_total", "Requests over a limit.",
                               ("client", "limit"))  # fmt: skip
        self.interrupted = Counter("ai_stream_interruptions_total", "Streams with a typed end.",
                                   ("provider", "why"))  # fmt: skip
        self.cancelled = Counter("ai_cancelled_total", "Clients that did not wait.")
        self.other_model = Counter("ai_model_mismatch_total", "Answers that name another model.",
                                   ("provider", "model"))  # fmt: skip
        self.gauges: list[Gauge] = [
            Gauge("process_resident_memory_bytes", "Resident memory.",
                  lambda: {(): resident()}),
            Gauge("ai_cache_hit_rate", "Of all lookups of this process.", self._hit_rate),
        ]  # fmt: skip

    def _hit_rate(self) -> Mapping[Labels, float]:
        found = sum(value for key, [value] in self.cache.values.items() if key[1] != "miss")
        total = sum(value for [value] in self.cache.values.values())
        return {(): found / total} if total else {}

    def text(self) -> bytes:
        """What is scraped."""
        spent = Counter("process_cpu_seconds_total", "User and system time.")
        used = resource.getrusage(resource.RUSAGE_SELF)
        spent.add(amount=used.ru_utime + used.ru_stime)
        known = [each for each in vars(self).values() if isinstance(each, Counter | Histogram)]
        lines: list[str] = []
        for each in (spent, *known, *self.gauges):
            lines += (f"# HELP {each.name} {each.told}", f"# TYPE {each.name} {each.kind}")
            lines += each.lines()
        return ("\n".join(lines) + "\n").encode()


def _tokens(rows: Mapping[Key, Account]) -> Mapping[Labels, float]:
    return {
        (*key, kind): float(count) for key, row in rows.items()
        for kind, count in (("input", row.input), ("output", row.output))
    }  # fmt: skip


def _costs(rows: Mapping[Key, Account]) -> Mapping[Labels, float]:
    return {key: row.spend / 1e6 for key, row in rows.items() if row.spend}


def resident() -> float:
    """Bytes of memory of this process."""
    return float(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
