"""Reaching: a store of a stack that runs, as something to speak to."""

from typing import Protocol

from seaway.errors import NothingRunning
from seaway.model.instance import Instance, Phase
from seaway.model.release import Release
from seaway.model.standing import Standing
from seaway.ports.target import Reached, Reaches, Target


class Stores(Target, Reaches, Protocol):
    """A target whose stores can be spoken to."""


async def reached(target: Stores, release: Release, store: str) -> Reached:
    """The member of a store that leads, or the first that serves where none does.

    Raises:
        NothingRunning: none does.
    """
    serving = [
        each for each in await target.observe()
        if each.workload == store and each.phase is Phase.READY
    ]  # fmt: skip
    if not serving:
        raise NothingRunning("SW550", name=store)
    return await target.reach(min(serving, key=lambda each: (not _leads(each), each.slot)), release)


def _leads(instance: Instance) -> bool:
    return isinstance(instance.said, Standing) and instance.said.leads
