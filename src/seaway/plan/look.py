"""Look: a release and what was seen, sorted for the questions that planners ask."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from seaway.model.instance import Instance, Phase, Traffic
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.standing import Lead, Leads
from seaway.model.workload import Role, Workload

_Own = tuple[list[Instance], list[Instance], list[Instance]]
"""All instances of a workload, those that live, those that are over; each oldest first."""
_NONE: _Own = ([], [], [])


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a stack."""

    release: Release
    seen: Sequence[Instance]
    now: datetime
    leads: Leads = field(default_factory=dict[str, Lead])
    """Who leads the members of a store, as the target has written down."""
    _sorted: dict[str, _Own] = field(
        default_factory=dict[str, _Own], init=False, repr=False, compare=False
    )
    """By workload."""

    def __post_init__(self) -> None:
        """Once for all workloads: each is asked for again and again."""
        for each in sorted(self.seen, key=lambda each: (each.created, each.id)):
            own = self._sorted.get(each.workload)
            if own is None:
                own = self._sorted[each.workload] = ([], [], [])
            own[0].append(each)
            own[2 if each.phase.over else 1].append(each)

    def of(self, workload: str) -> Sequence[Instance]:
        """Its instances, oldest first."""
        return self._sorted.get(workload, _NONE)[0]

    def live(self, workload: str) -> Sequence[Instance]:
        return self._sorted.get(workload, _NONE)[1]

    def over(self, workload: str) -> Sequence[Instance]:
        return self._sorted.get(workload, _NONE)[2]

    @property
    def proxy_ready(self) -> bool:
        """Whether there is a proxy that can be told of instances."""
        return any(
            each.role is Role.PROXY and any(i.phase is Phase.READY for i in self.of(each.name))
            for each in self.release.workloads
        )

    def satisfied(self, name: Name) -> bool:
        """Whether what uses this workload may start. One that was left out keeps nobody waiting."""
        workload = self.release.find(name)
        if workload is None or workload.role is Role.SCHEDULE:
            return True
        if workload.role is Role.JOB:
            return any(i.phase is Phase.DONE for i in self.of(name) if i.digest == workload.digest)
        ready = sum(each.phase is Phase.READY for each in self.of(name))
        return ready >= self._enough(workload)

    def _enough(self, workload: Workload) -> int:
        """Of the members of a store that see to themselves, most: fewer decide nothing."""
        alike = workload.role is Role.STORE and workload.following is None
        return workload.replicas // 2 + 1 if alike else 1

    def startable(self, workload: Workload) -> bool:
        return all(self.satisfied(name) for name in workload.uses)

    @property
    def has_proxy(self) -> bool:
        """Whether there is meant to be one."""
        return any(each.role is Role.PROXY for each in self.release.workloads)

    def available(self, workload: Workload, instance: Instance) -> bool:
        """Whether it takes requests; one without a balancer does so as soon as it is ready."""
        if instance.phase is not Phase.READY:
            return False
        return instance.traffic is Traffic.IN or not (workload.balanced and self.has_proxy)
