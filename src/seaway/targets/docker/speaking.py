"""Speaking: what Seaway and the first program in the container of a part say to each other."""

import asyncio
import json
from dataclasses import dataclass, replace
from pathlib import Path

from seaway.model.standing import Aim, Lead, Post, Said, Standing
from seaway.plan.steps import Order, Promote, Trust
from seaway.values import dumped, loaded

SOCKET = "part.sock"
"""In the run folder: where it is asked."""
BEFORE, BEGUN = "preparing", "begun"
"""There, too: while first files are made, which may take hours; since when its server runs."""
READY, ALIVE, SETTLE, ARRANGE = "ready", "alive", "settle", "arrange"
LONGEST = 1 << 20
"""Bytes of a question."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One, or an order: then one of the last four is there."""

    ask: str
    lead: Lead | None = None
    """Who leads its store at this moment, as it is written down outside."""
    promote: Lead | None = None
    trust: Lead | None = None
    post: Post | None = None
    aim: Aim | None = None

    @property
    def order(self) -> Order:
        """What is ordered."""
        if self.promote:
            return Promote(lead=self.promote)
        if self.trust:
            return Trust(lead=self.trust)
        return self.post or self.aim or Aim()


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of it."""

    no: str = ""
    """Empty for a yes, else why not."""
    said: Said | None = None
    position: int = 0
    """Of a member: it is not among what is written down of it."""
    early: bool = False
    """Whether its server has not begun yet."""

    @staticmethod
    def of(said: Said | None) -> "Answer":
        """A yes, and what it is among the others."""
        return Answer(said=said, position=said.position if isinstance(said, Standing) else 0)

    @property
    def told(self) -> Said | None:
        """What it is among the others, whole again."""
        if isinstance(self.said, Standing):
            return replace(self.said, position=self.position)
        return self.said


PREPARING = Answer(no="it is being prepared", early=True)


def ordered(order: Order, lead: Lead | None) -> Question:
    """An order as it is sent."""
    match order:
        case Promote():
            return Question(ask=ARRANGE, lead=lead, promote=order.lead)
        case Trust():
            return Question(ask=ARRANGE, lead=lead, trust=order.lead)
        case Post():
            return Question(ask=ARRANGE, lead=lead, post=order)
        case Aim():
            return Question(ask=ARRANGE, lead=lead, aim=order)


async def answer(socket: Path, question: Question) -> Answer:
    """The answer to one; the caller limits the time.

    Raises:
        OSError: the container has gone.
    """
    try:
        reader, writer = await asyncio.open_unix_connection(socket)
    except FileNotFoundError:
        return PREPARING
    try:
        writer.write(f"{dumped(question)}\n".encode())
        said = await reader.read()
    finally:
        writer.close()
    if not said:
        return Answer(no="it has ended")
    if said.startswith(b'"'):  # a container from before there was more to say
        return Answer(no=str(json.loads(said)))
    return loaded(Answer, said)
