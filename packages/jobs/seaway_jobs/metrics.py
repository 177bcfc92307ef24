"""The state of the queues and the work of one process, in the text format of Prometheus."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from seaway_jobs.looking import stats, workers
from seaway_jobs.within import Within

BUCKETS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0)
"""Upper ends in seconds: a call to a model takes between one and sixty."""

Labels = Mapping[str, object]


async def metrics(within: Within) -> str:
    """Return depth, oldest age, dead jobs and workers of all queues."""
    lines: list[str] = []
    seen = await stats(within)
    for state in ("waiting", "delayed", "running", "dead"):
        name = f"seaway_jobs_{state}"
        found = [({"queue": s.queue, "task": s.task}, float(getattr(s, state))) for s in seen]
        lines += _family(name, "gauge", f"Jobs that are {state}.", found)
    ages = [
        ({"queue": s.queue, "task": s.task}, s.oldest_age.total_seconds() if s.oldest_age else 0.0)
        for s in seen
    ]
    lines += _family("seaway_jobs_oldest_seconds", "gauge", "Age of the oldest waiting job.", ages)
    serving: dict[str, int] = {s.queue: 0 for s in seen}
    for worker in await workers(within):
        serving[worker.queue] = serving.get(worker.queue, 0) + (worker.state == "working")
    counted = [({"queue": queue}, float(count)) for queue, count in serving.items()]
    lines += _family("seaway_jobs_workers", "gauge", "Workers that serve the queue.", counted)
    return "\n".join(lines) + "\n"


@dataclass(slots=True)
class Tally:
    """What one worker process did since it began."""

    queue: str
    outcomes: dict[tuple[str, str], int] = field(default_factory=dict)
    durations: dict[str, list[int]] = field(default_factory=dict)
    sums: dict[str, float] = field(default_factory=dict)

    def count(self, task: str, outcome: str, seconds: float) -> None:
        """Count the end of one try: `done`, `retried`, `dead`, `superseded` or `given-back`."""
        self.outcomes[task, outcome] = self.outcomes.get((task, outcome), 0) + 1
        buckets = self.durations.setdefault(task, [0] * (len(BUCKETS) + 1))
        buckets[next((n for n, end in enumerate(BUCKETS) if seconds <= end), len(BUCKETS))] += 1
        self.sums[task] = self.sums.get(task, 0.0) + seconds

    def text(self) -> str:
        """Return it as Prometheus reads it."""
        tries = [
            ({"queue": self.queue, "task": task, "outcome": outcome}, float(count))
            for (task, outcome), count in self.outcomes.items()
        ]
        about = "Tries that ended, by outcome."
        lines = list(_family("seaway_jobs_tries_total", "counter", about, tries))
        lines += ["# HELP seaway_jobs_duration_seconds How long a try took.",
                  "# TYPE seaway_jobs_duration_seconds histogram"]  # fmt: skip
        for task in self.durations:
            lines += self._histogram(task)
        return "\n".join(lines) + "\n"

    def _histogram(self, task: str) -> Iterator[str]:
        name, total = "seaway_jobs_duration_seconds", 0
        labels = {"queue": self.queue, "task": task}
        ends = (*(str(end) for end in BUCKETS), "+Inf")
        for end, count in zip(ends, self.durations[task], strict=True):
            total += count
            yield _line(f"{name}_bucket", {**labels, "le": end}, total)
        yield _line(f"{name}_sum", labels, self.sums[task])
        yield _line(f"{name}_count", labels, total)


def _family(
    name: str, kind: str, about: str, values: Iterable[tuple[Labels, float]]
) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    for labels, number in values:
        yield _line(name, labels, number)


def _line(name: str, labels: Labels, number: float) -> str:
    inside = ",".join(f'{key}="{_quoted(str(each))}"' for key, each in labels.items())
    return f"{name}{{{inside}}} {number:.12g}"


def _quoted(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
