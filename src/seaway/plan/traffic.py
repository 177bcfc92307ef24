"""Traffic: which instances the proxy should send requests to, and when it must be told anew."""

from collections.abc import Iterator

from seaway.model.instance import FULL, Instance, Phase, Traffic
from seaway.model.release import routing_digest
from seaway.model.workload import Workload
from seaway.plan.look import Look
from seaway.plan.steps import Admit, Configure, Drain, Step


def traffic(look: Look, workload: Workload) -> Iterator[Step]:
    """Ready ones in, failing ones out at once (R137)."""
    if not workload.balanced or not look.proxy_ready:
        return
    for each in look.live(workload.name):
        if _admissible(each, workload):
            yield Admit(instance=each)
        elif each.phase is Phase.UNREADY and each.traffic is Traffic.IN:
            yield Drain(instance=each)


def _admissible(instance: Instance, workload: Workload) -> bool:
    """An old one that was let go stays out; one of the wanted kind always belongs in."""
    if instance.phase is not Phase.READY:
        return False
    if instance.traffic is Traffic.IN:
        return instance.weight != FULL
    if instance.digest == workload.digest:
        return instance.slot < workload.replicas
    return instance.traffic is Traffic.NONE and instance.drain_started is None


def configured(look: Look, workload: Workload) -> Iterator[Step]:
    """The proxy works by the routing of this release."""
    wanted = routing_digest(look.release.routing)
    for each in look.live(workload.name):
        if each.phase is Phase.READY and each.config != wanted:
            yield Configure(instance=each, routing=wanted)
