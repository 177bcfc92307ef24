"""Steps: what a target that runs single instances can be asked to do, and the plan made of them."""

from dataclasses import dataclass
from datetime import datetime

from seaway.model.instance import FULL, Instance
from seaway.model.names import Digest
from seaway.model.standing import Aim, Lead, Post
from seaway.model.workload import Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """Make everything a new instance needs; start nothing, but for a replacement that may."""

    workload: Workload
    slot: int
    deaths: int = 0
    """Deaths in a row in that slot so far."""
    start: bool = False
    """Start it too, at once: it replaces a dead one, and what it uses is ready now."""

    @property
    def key(self) -> str:
        return f"create {self.workload.name} {self.slot} {self.workload.digest}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Start a prepared instance."""

    instance: Instance
    workload: Workload

    @property
    def key(self) -> str:
        return f"start {self.instance.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Admit:
    """Let the proxy send requests to a ready instance."""

    instance: Instance
    weight: int = FULL

    @property
    def key(self) -> str:
        return f"admit {self.instance.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drain:
    """Send it nothing new; what it has in hand goes on."""

    instance: Instance

    @property
    def key(self) -> str:
        return f"drain {self.instance.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End an instance and its whole process tree. Returns when nothing of it is left."""

    instance: Instance
    why: str
    failed: bool = False
    """Stopped because it failed: it counts as a death."""
    at_once: bool = False
    """Killed, without being asked first: until it is gone nobody can take its place."""

    @property
    def key(self) -> str:
        return f"stop {self.instance.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forget:
    """Remove what is left of an instance that is over; logs and volumes stay."""

    instance: Instance

    @property
    def key(self) -> str:
        return f"forget {self.instance.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configure:
    """Tell a running proxy of a new routing, losing no request."""

    instance: Instance
    routing: Digest

    @property
    def key(self) -> str:
        return f"configure {self.instance.id} {self.routing}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promote:
    """Let this member lead; nobody may lead beside it. First it is written down, then it is told.

    Written down already, it is told again.
    """

    lead: Lead


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Write down who is safe. To be told of the leader, which must answer its clients now.

    Whoever is added must have everything the leader has acknowledged, which now waits for it.
    """

    lead: Lead


Order = Promote | Trust | Post | Aim


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrange:
    """Tell a member of a store, or its gate, what it is among the others."""

    instance: Instance
    order: Order

    @property
    def key(self) -> str:
        return f"arrange {self.instance.id}"


Step = Create | Start | Admit | Drain | Stop | Forget | Configure | Arrange


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What can be done now, side by side; and when to look again if nothing happens before."""

    steps: tuple[Step, ...] = ()
    again_at: datetime | None = None
