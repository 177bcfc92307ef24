"""What the doctor finds in what runs: its supervision, its certificates, each part, its jobs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from seaway import wiring
from seaway.cli.place import Place
from seaway.engine.doctor import certificates, diagnosis, supervision
from seaway.engine.evidence import gathered
from seaway.engine.jobs import judged, queue_of
from seaway.model.finding import Finding
from seaway.model.instance import Instance
from seaway.model.stack import Stack
from seaway.plan.look import Look
from seaway.stores.clock import SystemClock

if TYPE_CHECKING:
    from seaway.targets.docker.target import DockerTarget
    from seaway.targets.local.target import LocalTarget


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, and what was found."""

    name: str
    findings: tuple[Finding, ...]
    details: tuple[str, ...] = ()
    """What is there, where that is worth telling."""


async def of_what_runs(
    here: Place, stack: Stack, target: "LocalTarget | DockerTarget", seen: Sequence[Instance]
) -> tuple[Check, ...]:
    """All that can be told of it; where nothing is wanted, whether anything runs all the same."""
    running = here.wanted()
    live = sum(each.phase.running for each in seen)
    alive = wiring.supervisor_pid(here.state)
    found = tuple(supervision(wanted=running is not None, alive=alive, running=live))
    checks = [Check("supervision", found)]
    if running is not None:
        if known := wiring.certificates(here.state, running):
            ends = tuple(f"{each.host}: {each.until or '-'}" for each in known)
            found_out = tuple(certificates(known, SystemClock().now()))
            checks.append(Check("certificates", found_out, ends))
        evidence = await gathered(running, seen, target)
        look = Look(running, seen, SystemClock().now())
        checks.append(Check("running", tuple(diagnosis(look, evidence))))
        if any(map(queue_of, running.workloads)):
            checks.append(Check("jobs", await judged(stack, running, seen, target)))
    return tuple(checks)
