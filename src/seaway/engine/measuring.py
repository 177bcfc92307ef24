"""Measuring: what the ingress says of every request it has answered, second by second."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from seaway.model.figures import Asked, Figures, together
from seaway.model.release import Release
from seaway.model.workload import Role
from seaway.ports.target import Line, LogQuery, Tails

CLIENT = frozenset("Cc")
"""HAProxy, configuration manual, 8.5: who ended it. Of these the client did."""
ANSWERING = frozenset("DL")
"""The same: when. The answer had begun."""
FAULT = 500


def asked(line: Line) -> Asked | None:
    """The request that a line of the ingress is about; None where it is about something else."""
    if '"access"' not in line.text:
        return None
    try:
        told = json.loads(line.text)
        ended, status = str(told["ended"]), int(told["status"])
        times = [int(told[name]) for name in ("queued", "connect", "header")]
        instance = str(told["instance"])
        workload = str(told["upstream"]).partition(".")[0]  # of several, by its port
    except (ValueError, KeyError, TypeError):
        return None
    left = ended[:1] in CLIENT
    cut = ended[1:2] in ANSWERING and not left and ended[:1] != "-"
    unanswered = status <= 0 and not left
    return Asked(
        at=line.at.timestamp(), workload="" if workload == "-" else workload,
        instance="" if instance.startswith("<") else instance, status=status,
        latency=sum(max(each, 0) for each in times) / 1000 if times[-1] >= 0 else -1.0,
        failed=(status >= FAULT and not left) or unanswered, cut=cut and status < FAULT,
    )  # fmt: skip


def proxies(release: Release) -> frozenset[str]:
    """The workloads whose logs tell of requests."""
    return frozenset(each.name for each in release.workloads if each.role is Role.PROXY)


Which = Callable[[str, str], bool]
"""Whether a workload and an instance of it count."""


def _all(workload: str, instance: str) -> bool:
    del workload, instance
    return True


@dataclass(slots=True)
class Measured:
    """Figures by second and instance. What no instance took is under the empty name."""

    seconds: dict[int, dict[tuple[str, str], Figures]] = field(
        default_factory=dict[int, dict[tuple[str, str], Figures]]
    )
    """By second of the epoch; by workload and instance."""

    def count(self, one: Asked) -> None:
        """One more."""
        second = self.seconds.setdefault(int(one.at), {})
        second.setdefault((one.workload, one.instance), Figures()).count(one)

    def forget(self, before: float) -> None:
        """Let go what is older; seconds of the epoch."""
        for each in [each for each in self.seconds if each < before]:
            del self.seconds[each]

    def between(self, begin: float, end: float, of: Which = _all) -> Figures:
        """The sum of what ended in these seconds of the epoch, of some workloads and instances."""
        return together(self._chosen(begin, end, of))

    def by_second(
        self, of: Which = _all
    ) -> dict[int, Figures]:  # fmt: skip
        """The same for each second in which something ended."""
        found: defaultdict[int, list[Figures]] = defaultdict(list)
        for second, parts in self.seconds.items():
            for key, each in parts.items():
                if of(*key):
                    found[second].append(each)
        return {second: together(found[second]) for second in sorted(found)}

    def _chosen(
        self, begin: float, end: float, of: Which
    ) -> Iterator[Figures]:  # fmt: skip
        for second, parts in self.seconds.items():
            if begin <= second < end:
                yield from (each for key, each in parts.items() if of(*key))


async def follow(tails: Tails, release: Release, since: datetime, measured: Measured) -> None:
    """Count every request from then on, until cancelled."""
    names = proxies(release)
    if not names:
        return
    async for line in tails.lines(LogQuery(workloads=names, since=since, follow=True)):
        if one := asked(line):
            measured.count(one)


BEFORE = timedelta(seconds=60)
"""So much of what was before a release is compared with it."""
