"""Simulate: a recorded or invented load against the rules of scaling, with no system running.

The model is a simple one: a copy has so much processor; a request costs so much of it; what cannot
be served waits, at most as long as a route allows. It shows when numbers change and what that
costs, not how an application behaves.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from seaway.model.scaling import Scaling
from seaway.plan.scaling import Course, Reading, decided

STEP = timedelta(seconds=5)
"""Between two looks, as in the running system (`engine/autoscale.py`)."""
PATIENCE = 30.0
"""Seconds after which a client gives up (R13)."""
BUSIEST = 0.98
"""Share of its processor above which waiting would be endless in the model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A moment of a trace."""

    at: float
    """Seconds since its begin."""
    rps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """What is known of the service."""

    scaling: Scaling
    cpu: float = 1.0
    """Processors of a copy."""
    cost: float = 0.01
    """Processor seconds of a request."""
    start: float = 5.0
    """Seconds until a new copy serves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The modelled service at a moment."""

    at: float
    rps: float
    copies: int
    ready: int
    cpu: float
    p95: float
    """Seconds."""
    by: str = ""
    """What changed the number just now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A whole trace."""

    moments: tuple[Moment, ...]
    lost: float
    """Requests that were given up."""
    requests: float

    @property
    def changes(self) -> tuple[Moment, ...]:
        """Where the number changed."""
        return tuple(each for each in self.moments if each.by)

    @property
    def copy_hours(self) -> float:
        """What it costs: copies times hours."""
        return sum(each.copies for each in self.moments) * STEP.total_seconds() / 3600


@dataclass(slots=True)
class _State:
    """What goes on from step to step."""

    copies: int
    ready_at: list[float] = field(default_factory=list[float])
    """When each copy serves."""
    behind: float = 0.0
    """Requests that wait."""
    course: Course = Course()


def simulate(service: Service, trace: Sequence[Load]) -> Outcome:
    """Every step of the trace. The same trace gives the same outcome."""
    least = service.scaling.least
    state = _State(copies=least, ready_at=[0.0] * least)
    moments: list[Moment] = []
    lost = 0.0
    for load in _steps(trace):
        gone, moment = _served(service, state, load)
        lost += gone
        moments.append(_followed(service, state, moment))
    total = sum(each.rps for each in moments) * STEP.total_seconds()
    return Outcome(moments=tuple(moments), lost=lost, requests=total)


def _steps(trace: Sequence[Load]) -> Iterator[Load]:
    """The load at each look: what the trace said last."""
    at, index, step = 0.0, 0, STEP.total_seconds()
    while trace and at <= trace[-1].at:
        while index + 1 < len(trace) and trace[index + 1].at <= at:
            index += 1
        yield Load(at=at, rps=trace[index].rps)
        at += step


def _served(service: Service, state: _State, load: Load) -> tuple[float, Moment]:
    """Requests given up in this step, and what would have been measured."""
    step = STEP.total_seconds()
    ready = sum(1 for each in state.ready_at if each <= load.at)
    capacity = ready * service.cpu / service.cost
    wanted = load.rps * step + state.behind
    state.behind = max(wanted - capacity * step, 0.0)
    gone = max(state.behind - capacity * PATIENCE, 0.0)
    state.behind -= gone
    busy = min(wanted / (capacity * step), 1.0) if capacity else 1.0
    waiting = state.behind / capacity if capacity else PATIENCE
    p95 = service.cost * 3 / (1 - min(busy, BUSIEST)) + waiting
    moment = Moment(at=load.at, rps=load.rps, copies=state.copies, ready=ready, cpu=busy, p95=p95)
    return gone, moment


def _followed(service: Service, state: _State, moment: Moment) -> Moment:
    """The same with what scaling makes of it."""
    reading = Reading(copies=moment.ready, cpu=moment.cpu, rps=moment.rps, p95=moment.p95)
    now = datetime.fromtimestamp(moment.at, UTC)
    decision = decided(service.scaling, state.course, reading, state.copies, now)
    state.course = decision.course
    if decision.copies == state.copies:
        return moment
    more = decision.copies - state.copies
    state.ready_at = state.ready_at[: decision.copies] + [moment.at + service.start] * max(more, 0)
    state.copies = decision.copies
    return Moment(
        at=moment.at, rps=moment.rps, copies=decision.copies, ready=moment.ready, cpu=moment.cpu,
        p95=moment.p95, by=decision.by,
    )  # fmt: skip
