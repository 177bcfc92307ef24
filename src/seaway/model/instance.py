"""Instance: one running copy of a workload, as a target observed it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from seaway.model.names import Digest, InstanceId, Name
from seaway.model.standing import Said


class Phase(StrEnum):
    """Where an instance is in its life."""

    PREPARING = "preparing"
    """Its files are being made: an environment, a build, a first data folder."""
    PREPARED = "prepared"
    """Nothing runs yet; may be started."""
    STARTING = "starting"
    """Runs, has not answered its ready probe yet."""
    READY = "ready"
    UNREADY = "unready"
    """Was ready; its ready probe fails now."""
    SICK = "sick"
    """Its live probe fails, or it did not get ready in time: must be stopped."""
    STOPPING = "stopping"
    DEAD = "dead"
    """Ended by itself, or was killed; `reason` says how."""
    DONE = "done"
    """A job that ended with status 0, or an instance that was asked to stop."""

    @property
    def running(self) -> bool:
        """Whether there is, or may be, a process."""
        return self in {Phase.STARTING, Phase.READY, Phase.UNREADY, Phase.SICK, Phase.STOPPING}

    @property
    def over(self) -> bool:
        """Whether it will never run again."""
        return self is Phase.DEAD or self is Phase.DONE


class Traffic(StrEnum):
    """What the proxy does with a balanced instance."""

    NONE = "none"
    IN = "in"
    DRAINING = "draining"
    """Gets nothing new; requests in hand go on."""
    DRAINED = "drained"
    """Gets nothing new and has nothing in hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a port of an instance is reached from this stack."""

    host: str
    port: int


FULL = 100
"""The weight of an instance that gets as many requests as the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """What is running, as a target reports it."""

    id: InstanceId
    stack: Name
    workload: Name
    digest: Digest
    phase: Phase
    since: datetime
    """When it entered this phase."""
    created: datetime
    slot: int = 0
    """Which of the equal instances it is, from 0; a replacement takes the slot of the dead."""
    traffic: Traffic = Traffic.NONE
    weight: int = FULL
    """How many requests it gets beside the others."""
    drain_started: datetime | None = None
    """When it left the proxy's rotation for good; kept over a restart of Seaway."""
    deaths: int = 0
    """Deaths in a row in this slot, its own included."""
    release: int = 0
    """The number of the release that it was made for."""
    uses: tuple[Name, ...] = ()
    addresses: Mapping[str, Address] = field(default_factory=dict[str, Address])
    pid: int = 0
    reason: str = ""
    """Why it is in this phase, for people; never a secret."""
    config: Digest = Digest("")
    """For a proxy: the routing it works by."""
    said: Said | None = None
    """For a member of a store and its gate: what it said of itself last."""
