"""Arranging: tells members of stores what they are, and keeps it that there is never a second."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager

from seaway.errors import StepFailed
from seaway.model.names import Name
from seaway.model.standing import Lead, Leads, Post
from seaway.model.workload import Workload
from seaway.plan.steps import Arrange, Order, Promote, Trust
from seaway.targets.local import launch
from seaway.targets.local.asking import Asking
from seaway.targets.local.dressing import Wardrobe
from seaway.targets.local.leads import LeadFile
from seaway.targets.local.part import Arranges, NotReady
from seaway.targets.local.process import Life
from seaway.targets.local.record import Record, read_record, records

LONGEST_ORDER = 15.0
"""Seconds."""


class Arranging:
    """Who leads which store of this stack. One object in the one process that keeps it."""

    def __init__(self, wardrobe: Wardrobe, asking: Asking) -> None:
        self._wardrobe, self._asking = wardrobe, asking
        self._file = LeadFile(wardrobe.premises.state)
        self._still: defaultdict[Name, asyncio.Lock] = defaultdict(asyncio.Lock)
        """No member starts while another is made the leader: it may be the one before."""

    @property
    def leads(self) -> Leads:
        """As written down."""
        return self._file.all()

    def begin(self, workload: Workload) -> None:
        """Write down who leads before the first member is made."""
        if workload.following and workload.name not in self._file.all():
            self._file.write(workload.name, self._file.of(workload.name))

    @asynccontextmanager
    async def still(self, workload: Workload) -> AsyncGenerator[None]:
        """While this lasts the leader of that store stays what it is."""
        if workload.following or workload.name in self._file.all():
            async with self._still[workload.name]:
                yield
        else:
            yield

    async def arrange(self, step: Arrange) -> None:
        """Carry out an order; the instance says afterwards what it is now.

        Raises:
            StepFailed: it could not be done, or would have been wrong.
        """
        record = read_record(self._wardrobe.premises.state.instance(step.instance.id))
        if record is None:
            return
        try:
            async with asyncio.timeout(LONGEST_ORDER):
                await self._arrange(record, step.order)
        except TimeoutError:
            facts = {"member": record.id, "problem": f"not done in {LONGEST_ORDER:g} s"}
            raise StepFailed("SW348", **facts) from None
        except NotReady as no:
            raise StepFailed("SW348", member=record.id, problem=str(no)) from no
        finally:
            await self._asking.hear(record)

    async def _arrange(self, record: Record, order: Order) -> None:
        """Nothing that may take long is done while nobody else may: a frozen leader must fall."""
        match order:
            case Promote():
                async with self._still[record.workload.name]:
                    self._name(record, order.lead)
                await self._tell(record, order)
            case Trust():
                fewer = set(order.lead.safe) <= set(self._file.of(record.workload.name).safe)
                await (self._answers(record) if fewer else self._tell(record, order))
                async with self._still[record.workload.name]:
                    self._trust(record, order.lead)
            case Post():
                self._check_waits(record, order)
                await self._tell(record, order)
            case _:
                await self._tell(record, order)

    def _name(self, record: Record, lead: Lead) -> None:
        """Write down a new leader, once it is certain that nothing of the last one runs."""
        name, now = record.workload.name, self._file.of(record.workload.name)
        if lead == now:
            return
        left = [each.id for each in self._of(name, now.slot) if self._runs(each)]
        right = lead.epoch == now.epoch + 1 and lead.slot == record.slot in now.safe
        if left or not right or lead.safe:
            raise StepFailed("SW347", member=record.id, left=", ".join(left) or "-")
        self._file.write(name, lead)

    def _trust(self, record: Record, lead: Lead) -> None:
        """Write down who is safe, if the leader is the same as when that was found out."""
        now = self._file.of(record.workload.name)
        if (lead.epoch, lead.slot) != (now.epoch, now.slot) or record.slot != now.slot:
            raise StepFailed("SW347", member=record.id, left="-")
        self._file.write(record.workload.name, lead)

    def _check_waits(self, record: Record, order: Post) -> None:
        """The leader waits for all that are safe, or they are not."""
        lead = self._file.of(record.workload.name)
        leads = record.slot == order.leader == lead.slot
        rules = record.workload.following
        if leads and rules and rules.synchronous and not set(lead.safe) <= set(order.waits):
            raise StepFailed("SW347", member=record.id, left="-")

    async def _answers(self, record: Record) -> None:
        """It answers as its clients ask it; raises NotReady."""
        dressing = self._wardrobe.dressing(record)
        if dressing.part:
            await dressing.part.ready(dressing.placement())

    async def _tell(self, record: Record, order: Order) -> None:
        dressing = self._wardrobe.dressing(record)
        if isinstance(dressing.part, Arranges):
            await dressing.part.arrange(dressing.placement(), order)

    def _of(self, workload: Name, slot: int) -> Sequence[Record]:
        state = self._wardrobe.premises.state
        return [
            each for each in records(state) if each.workload.name == workload and each.slot == slot
        ]  # fmt: skip

    def _runs(self, record: Record) -> bool:
        """Whether there is a process, or may be: what a lost shim left is swept when it is seen."""
        folder = self._wardrobe.premises.state.instance(record.id)
        return launch.state(folder).life in {Life.RUNNING, Life.LOST}
