"""Metering: what copies of a service use of this machine, and how its requests fare."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from seaway.model.instance import Instance, Phase
from seaway.model.names import InstanceId
from seaway.model.workload import Workload
from seaway.plan.scaling import Reading
from seaway.targets.local.limits import tree
from seaway.targets.local.process import Life, ProcessState

_TICKS = os.sysconf("SC_CLK_TCK")


class LocalMeter:
    """Processors from /proc; requests from whoever counts them."""

    def __init__(self, state_of: Callable[[InstanceId], ProcessState]) -> None:
        self._state_of = state_of
        self._before: dict[InstanceId, tuple[float, float]] = {}
        """Of each copy: when it was looked at, and the processor seconds it had used by then."""

    async def read(self, workload: Workload, seen: Sequence[Instance]) -> Reading:
        copies = [
            each.id for each in seen
            if each.workload == workload.name and each.phase is Phase.READY
        ]  # fmt: skip
        limit = workload.limits.cpu or float(os.cpu_count() or 1)
        return Reading(copies=len(copies), cpu=self._share(copies, limit))

    def _share(self, copies: Sequence[InstanceId], limit: float) -> float | None:
        """Mean share of the limit since the last look, over copies that were there then."""
        now = time.monotonic()
        used = {each: seconds for each in copies if (seconds := self._used(each)) is not None}
        shares = [
            (seconds - self._before[each][1]) / (now - self._before[each][0]) / limit
            for each, seconds in used.items()
            if each in self._before and now > self._before[each][0]
        ]
        self._before = {**_others(self._before, copies), **{e: (now, s) for e, s in used.items()}}
        return max(sum(shares) / len(shares), 0.0) if shares else None

    def _used(self, name: InstanceId) -> float | None:
        """Processor seconds of its whole tree, of what has ended in it too."""
        state = self._state_of(name)
        if state.life is not Life.RUNNING or not state.pid:
            return None
        return sum(map(_seconds, tree([state.pid])))


def _others(
    before: Mapping[InstanceId, tuple[float, float]], copies: Sequence[InstanceId]
) -> dict[InstanceId, tuple[float, float]]:
    """Those of other services, and of none too long ago: copies that are gone are forgotten."""
    late = time.monotonic() - 60
    return {name: each for name, each in before.items() if name not in copies and each[0] > late}


def _seconds(pid: int) -> float:
    """User and system time of a process and of its children that have ended (proc_pid_stat(5))."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:15])) / _TICKS
