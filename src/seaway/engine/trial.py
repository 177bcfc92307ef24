"""Trial: watches the release that is to be judged, and tells when it does worse than it may."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from seaway.engine.measuring import BEFORE, Measured, follow
from seaway.model.instance import Instance
from seaway.model.release import Release
from seaway.model.workload import Workload
from seaway.plan.regression import Regression, lasting, regression
from seaway.plan.trial import watch, watched
from seaway.ports.clock import Clock
from seaway.ports.ledger import Ledger
from seaway.ports.target import Tails

SECOND = timedelta(seconds=1)


class Trial:
    """Of one release at a time. Used from the loop; what it has found may be read from a thread."""

    def __init__(self, ledger: Ledger, clock: Clock, tails: Tails | None = None) -> None:
        self._ledger, self._clock, self._tails = ledger, clock, tails
        self.number = 0
        """The release that is looked at."""
        self._watched: tuple[Workload, ...] = ()
        self._new: defaultdict[str, set[str]] = defaultdict(set)
        """Instances of the release that were seen, by workload."""
        self._measured = Measured()
        self._following: asyncio.Task[None] | None = None
        self._active = asyncio.Event()
        self.before: Release | None = None
        """The release that serves again if this one fails."""
        self.watch = timedelta(0)
        """How long the release is on trial once it serves."""
        self.regression: Regression | None = None
        """What it does worse than it may."""

    async def changed(self) -> None:
        """Return once a second while a release is on trial."""
        await self._active.wait()
        await self._clock.sleep_until(self._clock.now() + SECOND)

    def look(self, release: Release, seen: Sequence[Instance]) -> None:
        """Take in what is wanted and what is there; before the release is judged."""
        if release.number != self.number:
            self._begin(release)
        if not release.trial:
            self.close()
            return
        wanted = {each.name: each.digest for each in release.workloads}
        for each in seen:
            if wanted.get(each.workload) == each.digest:
                self._new[each.workload].add(each.id)
        if self._following:
            self.regression = next(self._regressions(self._clock.now()), None)

    def close(self) -> None:
        """Measure nothing any more."""
        self._active.clear()
        if self._following:
            self._following.cancel()
            self._following = None

    def _begin(self, release: Release) -> None:
        self.close()
        self.number, self.regression = release.number, None
        self._measured, self._new = Measured(), defaultdict(set)
        self.before = None if release.restores else self._ledger.last_good(release.number)
        self._watched = watched(release, self.before)
        self.watch = watch(release, self.before)
        if not release.trial or not self._watched:
            return
        self._active.set()
        if self._tails and any(each.rollout.rollback_if for each in self._watched):
            self._following = asyncio.create_task(self._follow(self._tails, release))

    async def _follow(self, tails: Tails, release: Release) -> None:
        """What cannot be read for a moment is no reason to stop looking."""
        since = (release.created or self._clock.now()) - BEFORE
        while True:
            try:
                await follow(tails, release, since, self._measured)
            except OSError:
                since = self._clock.now()
            await self._clock.sleep_until(self._clock.now() + SECOND)

    def _regressions(self, now: datetime) -> Iterator[Regression]:
        for each in self._watched:
            if each.rollout.rollback_if and (found := self._regression(each, now)):
                yield found

    def _regression(self, workload: Workload, now: datetime) -> Regression | None:
        """None, too, where it has not served for as long as a condition must hold."""
        name, new = workload.name, self._new[workload.name]

        def ours(asked: str, instance: str) -> bool:
            return asked == name and instance in new

        def others(asked: str, instance: str) -> bool:
            return asked == name and bool(instance) and instance not in new

        conditions, end = workload.rollout.rollback_if, now.timestamp()
        begin = end - lasting(conditions).total_seconds()
        first = min(self._measured.by_second(ours), default=end)
        if first > begin:
            return None
        served = self._measured.between(begin, end, ours)
        return regression(name, conditions, served, self._measured.between(0, end, others))
