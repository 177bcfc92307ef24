"""Arranging: how the members of stores on this machine are found, and spoken to."""

from collections.abc import Sequence

from seaway.errors import StepFailed
from seaway.model.names import InstanceId
from seaway.plan.steps import Order
from seaway.targets.local import launch
from seaway.targets.local.asking import Asking
from seaway.targets.local.dressing import Wardrobe
from seaway.targets.local.part import Arranges, NotReady
from seaway.targets.local.process import Life
from seaway.targets.local.record import Record, read_record, records


class LocalMembers:
    """Those of one stack."""

    def __init__(self, wardrobe: Wardrobe, asking: Asking) -> None:
        self._wardrobe, self._asking = wardrobe, asking

    def find(self, name: InstanceId) -> Record | None:
        return read_record(self._wardrobe.premises.state.instance(name))

    def all(self) -> Sequence[Record]:
        return records(self._wardrobe.premises.state)

    def runs(self, member: Record) -> bool:
        """What a lost shim left is swept when it is seen."""
        folder = self._wardrobe.premises.state.instance(member.id)
        return launch.state(folder).life in {Life.RUNNING, Life.LOST}

    async def serves(self, member: Record) -> None:
        dressing = self._wardrobe.dressing(member)
        if dressing.part:
            try:
                await dressing.part.ready(dressing.placement())
            except NotReady as no:
                raise StepFailed("SW348", member=member.id, problem=str(no)) from no

    async def tell(self, member: Record, order: Order) -> None:
        dressing = self._wardrobe.dressing(member)
        if isinstance(dressing.part, Arranges):
            try:
                await dressing.part.arrange(dressing.placement(), order)
            except NotReady as no:
                raise StepFailed("SW348", member=member.id, problem=str(no)) from no

    async def hear(self, member: Record) -> None:
        await self._asking.hear(member)
