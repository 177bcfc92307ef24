"""Blue-green: all new instances come up beside the old ones, then the proxy changes over at once.

The old ones get no more requests, but run on while the release is on trial: going back takes no
start. Afterwards they leave as in a rolling update.
"""

from collections.abc import Iterator, Sequence

from seaway.model.instance import Instance, Phase, Traffic
from seaway.model.workload import Workload
from seaway.plan.look import Look
from seaway.plan.steps import Admit, Drain, Step


def on_trial(look: Look, workload: Workload) -> bool:
    """Whether it is to come up beside old instances."""
    if not (look.release.trial and workload.rollout.strategy == "blue-green"):
        return False
    return look.proxy_ready and workload.balanced and bool(_sides(look, workload)[1])


def served(look: Look, workload: Workload) -> bool:
    """Whether all new ones get requests and no old one does."""
    new, old = _sides(look, workload)
    serving = [each for each in new if look.available(workload, each)]
    in_ = [each for each in old if each.traffic is Traffic.IN]
    return len(serving) == len(new) == workload.replicas and not in_


def changed_over(look: Look, workload: Workload) -> Iterator[Step]:
    """Nothing new in before all of it is ready; then all of it, and then the old ones out."""
    new, old = _sides(look, workload)
    begun = any(each.traffic is Traffic.IN for each in new)
    ready = [each for each in new if each.phase is Phase.READY]
    whole = len(ready) >= workload.replicas
    over = whole and all(each.traffic is Traffic.IN for each in ready)
    for each in new:
        failing = each.phase is Phase.UNREADY and each.traffic is Traffic.IN
        if each in ready and each.traffic is not Traffic.IN and (whole or begun):
            yield Admit(instance=each)
        elif failing:
            yield Drain(instance=each)
    for each in old:
        failing = each.phase is Phase.UNREADY and each.traffic is Traffic.IN
        if (over and each.traffic is Traffic.IN) or failing:
            yield Drain(instance=each)
        elif each.phase is Phase.READY and each.traffic is not Traffic.IN and not begun:
            yield Admit(instance=each)


def _sides(look: Look, workload: Workload) -> tuple[Sequence[Instance], Sequence[Instance]]:
    """The new ones, and the old ones that are not stopping."""
    live = [each for each in look.live(workload.name) if each.phase is not Phase.STOPPING]
    new = [each for each in live if each.digest == workload.digest]
    return new, [each for each in live if each.digest != workload.digest]
