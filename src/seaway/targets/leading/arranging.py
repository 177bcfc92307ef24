"""Arranging: tells members of stores what they are, and keeps it that there is never a second."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from seaway.errors import StepFailed
from seaway.model.names import InstanceId, Name
from seaway.model.standing import Lead, Leads, Post
from seaway.model.workload import Workload
from seaway.plan.steps import Arrange, Order, Promote, Trust
from seaway.targets.leading.leads import LeadFile

LONGEST_ORDER = 15.0
"""Seconds."""


class Member(Protocol):
    """What the target wrote down of an instance."""

    @property
    def id(self) -> InstanceId: ...

    @property
    def workload(self) -> Workload: ...

    @property
    def slot(self) -> int: ...


Kept = TypeVar("Kept", bound=Member)


class Members(Protocol[Kept]):
    """How a target finds its instances, and speaks to them."""

    def find(self, name: InstanceId) -> Kept | None: ...

    def all(self) -> Sequence[Kept]: ...

    def runs(self, member: Kept) -> bool:
        """Whether there is a process, or may be."""
        ...

    async def serves(self, member: Kept) -> None:
        """Return when it answers as its clients ask it.

        Raises:
            StepFailed: SW348, it does not.
        """
        ...

    async def tell(self, member: Kept, order: Order) -> None:
        """Have it carry out an order; nothing where its part takes none.

        Raises:
            StepFailed: it has not been taken up.
        """
        ...

    async def hear(self, member: Kept) -> None:
        """Have it say anew what it is among the others; nothing where it does not answer."""
        ...


class Arranging(Generic[Kept]):
    """Who leads which store of this stack. One object in the one process that keeps it."""

    def __init__(self, root: Path, members: Members[Kept]) -> None:
        """`root` is the state folder."""
        self._members = members
        self._file = LeadFile(root)
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
        member = self._members.find(step.instance.id)
        if member is None:
            return
        try:
            async with asyncio.timeout(LONGEST_ORDER):
                await self._arrange(member, step.order)
        except TimeoutError:
            facts = {"member": member.id, "problem": f"not done in {LONGEST_ORDER:g} s"}
            raise StepFailed("SW348", **facts) from None
        finally:
            await self._members.hear(member)

    async def _arrange(self, member: Kept, order: Order) -> None:
        """Nothing that may take long is done while nobody else may: a frozen leader must fall."""
        match order:
            case Promote():
                async with self._still[member.workload.name]:
                    self._name(member, order.lead)
                await self._members.tell(member, order)
            case Trust():
                fewer = set(order.lead.safe) <= set(self._file.of(member.workload.name).safe)
                await (self._members.serves(member) if fewer else self._members.tell(member, order))
                async with self._still[member.workload.name]:
                    self._trust(member, order.lead)
            case Post():
                self._check_waits(member, order)
                await self._members.tell(member, order)
            case _:
                await self._members.tell(member, order)

    def _name(self, member: Kept, lead: Lead) -> None:
        """Write down a new leader, once it is certain that nothing of the last one runs."""
        name, now = member.workload.name, self._file.of(member.workload.name)
        if lead == now:
            return
        left = [each.id for each in self._of(name, now.slot) if self._members.runs(each)]
        right = lead.epoch == now.epoch + 1 and lead.slot == member.slot in now.safe
        if left or not right or lead.safe:
            raise StepFailed("SW347", member=member.id, left=", ".join(left) or "-")
        self._file.write(name, lead)

    def _trust(self, member: Kept, lead: Lead) -> None:
        """Write down who is safe, if the leader is the same as when that was found out."""
        now = self._file.of(member.workload.name)
        if (lead.epoch, lead.slot) != (now.epoch, now.slot) or member.slot != now.slot:
            raise StepFailed("SW347", member=member.id, left="-")
        self._file.write(member.workload.name, lead)

    def _check_waits(self, member: Kept, order: Post) -> None:
        """The leader waits for all that are safe, or they are not."""
        lead = self._file.of(member.workload.name)
        leads = member.slot == order.leader == lead.slot
        rules = member.workload.following
        if leads and rules and rules.synchronous and not set(lead.safe) <= set(order.waits):
            raise StepFailed("SW347", member=member.id, left="-")

    def _of(self, workload: Name, slot: int) -> Sequence[Kept]:
        return [
            each for each in self._members.all()
            if each.workload.name == workload and each.slot == slot
        ]  # fmt: skip
