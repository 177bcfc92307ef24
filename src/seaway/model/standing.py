"""Standing: what a member of a store is among the others, and what it is told to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

NOBODY = -1
"""The slot of no member."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """Another member is to lead, once: it has been done as soon as the epoch is another one."""

    slot: int
    epoch: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Following:
    """How the members of a store follow the one that leads: only that one takes writes."""

    automatic: bool = True
    """Whether another takes over when the leader is lost; else it is started again in its place."""
    synchronous: bool = False
    """Whether a change is acknowledged only when all that are safe have it on their disk."""
    lag: timedelta = timedelta(seconds=10)
    """How far behind one may be and still be read from, or take over."""
    handover: Handover | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Who leads the members of a store. The target keeps it: it outlives all of them."""

    epoch: int = 1
    """Rises with each new leader."""
    slot: int = 0
    safe: tuple[int, ...] = ()
    """Who has all that was acknowledged, and may lead next; rising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """What a member works by."""

    epoch: int
    leader: int
    """The slot of the one it follows; its own where it leads."""
    waits: tuple[int, ...] = ()
    """Whom the leader waits for before it acknowledges a change; rising."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What a member said of itself last."""

    leads: bool
    """Whether it takes writes."""
    post: Post | None = None
    """None where it has not been told."""
    abreast: bool = False
    """Whether it gets every change from the leader, and is not too far behind."""
    adrift: bool = False
    """Whether it has not been abreast for long."""
    position: int = field(default=0, compare=False)
    """How many bytes of changes it has. It moves all the time: nobody is told of it."""
    standing: Literal["member"] = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Aim:
    """Where a gate leads: to one member for writing, to some for reading."""

    write: int = NOBODY
    read: tuple[int, ...] = ()
    """Rising."""
    standing: Literal["gate"] = "gate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What a member of a store that sees to itself calls itself: `primary`, `secondary`."""

    word: str
    standing: Literal["word"] = "word"


Said = Standing | Aim | Word
Leads = Mapping[str, Lead]
"""By workload: who leads, as it is written down."""
