"""How long aixsss takes to be healthy, beside the least it could take.

    python bench/boot.py [ROUNDS]

One run measures both, alternating: `seaway up -d` of the whole stack with its data there (warm),
and each part's own boot, alone on the machine, by `seaway restart PART`. The least is the sum of
those along the longest chain of `uses`. The first `up` of all is cold: nothing is there but the
packages that uv and npm have in their caches.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Collection, Mapping
from pathlib import Path

from seaway.model.release import Release
from seaway.model.workload import Role
from seaway.ports.ledger import Event
from seaway.stores.ledger import SqliteLedger

FILE = Path(__file__).resolve().parents[1] / "stacks/aixsss/seaway.yaml"
STARTS, READY, DONE = "SW512", "SW513", "SW518"
GOAL = 1.25
"""Warm over least, as promised."""


def seaway(state: Path, *arguments: str) -> float:
    """Seconds that one command takes."""
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "seaway", "-f", str(FILE), "-q", *arguments],
        env={**os.environ, "SEAWAY_STATE": str(state)}, check=True, capture_output=True,
    )  # fmt: skip
    return time.monotonic() - begun


def boots(events: list[Event], jobs: Collection[str]) -> dict[str, float]:
    """Seconds from start to ready, or to done for a job, of the first instance of each part."""
    begun: dict[str, Event] = {}
    found: dict[str, float] = {}
    for event in events:
        name, instance = str(event.facts.get("workload")), str(event.facts.get("instance"))
        if event.code == STARTS:
            begun[instance] = event
        ends = DONE if name in jobs else READY
        if event.code == ends and instance in begun:
            found.setdefault(name, (event.at - begun[instance].at).total_seconds())
    return found


def longest(release: Release, own: Mapping[str, float]) -> tuple[float, tuple[str, ...]]:
    """The longest chain of parts that wait for one another, and its seconds."""
    best: dict[str, tuple[float, tuple[str, ...]]] = {}
    for workload in release.workloads:
        before = max((best[name] for name in workload.uses if name in best), default=(0.0, ()))
        mine = own.get(workload.name, 0.0)
        best[workload.name] = (before[0] + mine, (*before[1], workload.name))
    return max(best.values())


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    with tempfile.TemporaryDirectory(prefix="sw-", dir="/var/tmp") as folder:
        state = Path(folder)
        state.chmod(0o755)
        print(json.dumps(measured(state, rounds), indent=1))


def measured(state: Path, rounds: int) -> dict[str, object]:
    cold = seaway(state, "up", "-d")
    ledger = SqliteLedger(state / "aixsss/ledger.db")
    warm, least, chains = [], [], set()
    for _ in range(rounds):
        own: dict[str, float] = {}
        release = ledger.wanted()
        assert release is not None
        jobs = [each.name for each in release.workloads if each.role is Role.JOB]
        for part in ("files", "db", "cache", "api", "worker"):
            after = ledger.last_event()
            seaway(state, "restart", part)
            own.update(boots(list(ledger.events(after)), jobs))
        seaway(state, "down")
        after = ledger.last_event()
        warm.append(seaway(state, "up", "-d"))
        together = boots(list(ledger.events(after)), jobs)
        seconds, chain = longest(release, {**together, **own})
        least.append(seconds)
        chains.add(" > ".join(chain))
    seaway(state, "down")
    ledger.close()
    ratios = [a / b for a, b in zip(warm, least, strict=True)]
    return {
        "cold_s": round(cold, 2), "warm_s": [round(each, 2) for each in warm],
        "least_s": [round(each, 2) for each in least], "chains": sorted(chains),
        "ratio": round(statistics.median(ratios), 2), "goal": GOAL,
    }  # fmt: skip


if __name__ == "__main__":
    main()
