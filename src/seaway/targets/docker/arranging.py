"""Arranging: how the members of stores in containers are found, and spoken to."""

import asyncio
from collections.abc import Callable, Sequence

from seaway.errors import StepFailed
from seaway.model.names import InstanceId
from seaway.plan.steps import Order
from seaway.targets.docker.asking import Asking
from seaway.targets.docker.premises import Premises
from seaway.targets.docker.speaking import READY, Answer, Question, ordered
from seaway.targets.local.process import Life, ProcessState
from seaway.targets.local.record import Record, read_record, records

BEGINNING = 5.0
"""Seconds in which an order waits for the server of a container that has just been started."""
PAUSE = 0.05


class DockerMembers:
    """Those of one stack."""

    def __init__(
        self, premises: Premises, asking: Asking, process: Callable[[InstanceId], ProcessState]
    ) -> None:
        """`process` tells how that of an instance did when it was seen last."""
        self._premises, self._asking, self._process = premises, asking, process

    def find(self, name: InstanceId) -> Record | None:
        return read_record(self._premises.state.instance(name))

    def all(self) -> Sequence[Record]:
        return records(self._premises.state)

    def runs(self, member: Record) -> bool:
        return self._process(member.id).life in {Life.RUNNING, Life.LOST}

    async def serves(self, member: Record) -> None:
        await self._put(member, Question(ask=READY, lead=self._asking.lead(member)))

    async def tell(self, member: Record, order: Order) -> None:
        await self._put(member, ordered(order, self._asking.lead(member)))

    async def hear(self, member: Record) -> None:
        await self._asking.hear(member)

    async def _put(self, member: Record, question: Question) -> None:
        try:
            answer = await self._answered(member, question)
        except OSError as error:
            raise StepFailed("SW348", member=member.id, problem=str(error)) from error
        if answer.no:
            raise StepFailed("SW348", member=member.id, problem=answer.no)

    async def _answered(self, member: Record, question: Question) -> Answer:
        """One that has just been started begins to listen in a moment."""
        deadline = asyncio.get_running_loop().time() + BEGINNING
        while True:
            answer = await self._asking.put(member, question)
            if not answer.early or asyncio.get_running_loop().time() > deadline:
                return answer
            await asyncio.sleep(PAUSE)
