"""Members: the equal ones of a store that sees to itself who leads; one is replaced at a time."""

from collections.abc import Iterator, Sequence

from seaway.model.instance import Instance, Phase
from seaway.model.workload import Workload
from seaway.plan.look import Look
from seaway.plan.slots import Found, created, started
from seaway.plan.steps import Stop


def members(look: Look, workload: Workload) -> Iterator[Found]:
    """One in each slot; an old one is gone before a new one is made, for they share its data."""
    live = look.live(workload.name)
    taken = {each.slot for each in live}
    for slot in range(workload.replicas):
        if slot not in taken:
            yield from created(look, workload, slot)
    yield from started(look, workload, live)
    for each in live:
        if each.phase is Phase.SICK:  # it does not answer; the others have long gone on without it
            yield Stop(instance=each, why=each.reason, failed=True, at_once=True)
    yield from replaced(workload, live)


def replaced(workload: Workload, live: Sequence[Instance]) -> Iterator[Found]:
    """The next old one, while all others are ready; one that does not serve is no loss."""
    away = [each for each in live if each.phase is not Phase.READY]
    missing = {*range(workload.replicas)} - {each.slot for each in live}
    for each in sorted(live, key=lambda each: (each.phase is Phase.READY, -each.slot)):
        if each.phase is Phase.STOPPING or not _leaves(each, workload):
            continue
        if missing or any(other is not each for other in away):
            return
        yield Stop(instance=each, why=_why(each, workload))
        return


def _leaves(each: Instance, workload: Workload) -> bool:
    return each.digest != workload.digest or each.slot >= workload.replicas


def _why(each: Instance, workload: Workload) -> str:
    return "no longer needed" if each.slot >= workload.replicas else "replaced by a new release"
