"""Reaching: a store of a stack that runs, as something to speak to."""

from typing import Protocol

from seaway.errors import NothingRunning
from seaway.model.instance import Instance, Phase
from seaway.model.release import Release
from seaway.model.standing import Standing, Word
from seaway.ports.target import Reached, Reaches, Target

PRIMARY = Word(word="primary")


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
    """By what Seaway decided, or by what a set of members decided among themselves."""
    said = instance.said
    return said.leads if isinstance(said, Standing) else said == PRIMARY
