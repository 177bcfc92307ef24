"""Canary: a few new instances get a share of the requests; the rest follows when they are trusted.

While the release is on trial the old instances stay as they are. Afterwards it is rolled out.
"""

from collections.abc import Iterator

from seaway.model.instance import FULL, Phase, Traffic
from seaway.model.workload import Workload
from seaway.plan.look import Look
from seaway.plan.steps import Admit, Drain, Step

LARGEST = 256
"""HAProxy, configuration manual: the largest weight of a server."""


def on_trial(look: Look, workload: Workload) -> bool:
    """Whether its first copies are to be tried beside old ones, which serve."""
    if not (look.release.trial and workload.rollout.strategy == "canary"):
        return False
    return look.proxy_ready and workload.balanced and bool(_old(look, workload))


def copies(workload: Workload) -> int:
    """How many new instances are tried at first."""
    return min(max(1, round(workload.replicas * workload.rollout.share)), workload.replicas)


def weight(look: Look, workload: Workload) -> int:
    """What each of them weighs so that together they get their share."""
    share, old = workload.rollout.share, len(_old(look, workload))
    wanted = FULL * old * share / (1 - share) / copies(workload)
    return min(max(1, round(wanted)), LARGEST)


def served(look: Look, workload: Workload) -> bool:
    """Whether the first copies get their share."""
    fresh = [
        each for each in look.live(workload.name)
        if each.digest == workload.digest and look.available(workload, each)
    ]  # fmt: skip
    return len(fresh) >= copies(workload)


def shared(look: Look, workload: Workload) -> Iterator[Step]:
    """The first copies in with their weight, old ones as they were; failing ones out at once."""
    part = weight(look, workload)
    for each in look.live(workload.name):
        fresh = each.digest == workload.digest
        ready, out = each.phase is Phase.READY, each.traffic is not Traffic.IN
        if ready and fresh and (out or each.weight != part):
            yield Admit(instance=each, weight=part)
        elif ready and not fresh and out:
            yield Admit(instance=each)
        elif each.phase is Phase.UNREADY and not out:
            yield Drain(instance=each)


def _old(look: Look, workload: Workload) -> list[str]:
    return [
        each.id for each in look.live(workload.name)
        if each.digest != workload.digest and each.phase is Phase.READY
    ]  # fmt: skip
