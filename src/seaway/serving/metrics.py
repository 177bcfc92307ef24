"""Metrics: counters and histograms of this process, in the text form of Prometheus."""

import os
import resource
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
"""Seconds."""
_PAGE = os.sysconf("SC_PAGE_SIZE")
Labels = tuple[str, ...]


class Counter:
    """Counts by labels."""

    kind = "counter"

    def __init__(self, name: str, told: str, labels: Labels = ()) -> None:
        self.name, self.told, self.labels = name, told, labels
        self.values: dict[Labels, float] = {}

    def add(self, *labels: str, amount: float = 1) -> None:
        """One more, or so many."""
        self.values[labels] = self.values.get(labels, 0) + amount

    def lines(self) -> Iterator[str]:
        """Of the text form."""
        for labels, value in self.values.items():
            yield f"{self.name}{_shown(self.labels, labels)} {value:.12g}"


class Gauge(Counter):
    """Read when asked."""

    kind = "gauge"

    def __init__(self, name: str, told: str, read: Callable[[], Mapping[Labels, float]],
                 labels: Labels = ()) -> None:  # fmt: skip
        super().__init__(name, told, labels)
        self._read = read

    def lines(self) -> Iterator[str]:
        self.values = dict(self._read())
        return super().lines()


class Histogram:
    """How long things take, by labels."""

    kind = "histogram"

    def __init__(self, name: str, told: str, labels: Labels = ()) -> None:
        self.name, self.told, self.labels = name, told, labels
        self.values: dict[Labels, list[float]] = {}

    def note(self, seconds: float, *labels: str) -> None:
        """One more that took so long."""
        row = self.values.get(labels)
        if row is None:
            row = self.values[labels] = [0.0] * (len(BOUNDS) + 2)
        row[bisect_left(BOUNDS, seconds)] += 1
        row[-1] += seconds

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


def _shown(names: Labels, values: Labels) -> str:
    if not names:
        return ""
    pairs = zip(names, values, strict=True)
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in pairs) + "}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def text(found: Iterable[Counter | Histogram]) -> bytes:
    """What is scraped: these, and what the process itself uses."""
    spent = Counter("process_cpu_seconds_total", "User and system time.")
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent.add(amount=used.ru_utime + used.ru_stime)
    memory = Gauge("process_resident_memory_bytes", "Resident memory.", lambda: {(): resident()})
    lines: list[str] = []
    for each in (spent, memory, *found):
        lines += (f"# HELP {each.name} {each.told}", f"# TYPE {each.name} {each.kind}")
        lines += each.lines()
    return ("\n".join(lines) + "\n").encode()


def resident() -> float:
    """Bytes of memory of this process."""
    return float(Path("/proc/self/statm").read_text().split()[1]) * _PAGE
