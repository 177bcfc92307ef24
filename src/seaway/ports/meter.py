"""Meter: measures a running service."""

from collections.abc import Sequence
from typing import Protocol

from seaway.model.instance import Instance
from seaway.model.workload import Workload
from seaway.plan.scaling import Reading


class Meter(Protocol):
    """Whatever a platform can measure of its instances."""

    async def read(self, workload: Workload, seen: Sequence[Instance]) -> Reading:
        """Since the last question about this workload; None for what cannot be told yet.

        `seen` are all instances of the stack. Never raises: what cannot be measured is not known.
        """
        ...
