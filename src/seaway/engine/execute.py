"""Execute: run a command where an instance of a workload runs."""

from collections.abc import Sequence

from seaway.errors import NothingRunning, UsageError
from seaway.model.instance import Instance, Phase
from seaway.model.release import Release
from seaway.model.standing import Standing
from seaway.ports.target import Executes


async def execute(
    release: Release, seen: Sequence[Instance], target: Executes, name: str, argv: Sequence[str]
) -> int:
    """The exit status of the command, run beside the first live instance; a slot as `api.1`.

    Of a store's members it is the one that leads, if no slot is given.

    Raises:
        UsageError: there is no such workload.
        NothingRunning: no instance of it runs.
    """
    workload, _, slot = name.partition(".")
    if release.find(workload) is None:
        known = ", ".join(each.name for each in release.workloads)
        raise UsageError("SW502", name=workload, known=known)
    return await target.execute(_choose(seen, workload, slot), release, argv)


def _choose(seen: Sequence[Instance], workload: str, slot: str) -> Instance:
    running = [
        each for each in seen
        if each.workload == workload and each.phase.running and slot in {"", str(each.slot)}
    ]  # fmt: skip
    if not running:
        raise NothingRunning("SW550", name=workload)
    return min(running, key=_preference)


def _preference(instance: Instance) -> tuple[bool, bool, int]:
    """Of members of a store the one that leads: another takes no writes."""
    leads = isinstance(instance.said, Standing) and instance.said.leads
    return instance.phase is not Phase.READY, not leads, instance.slot
