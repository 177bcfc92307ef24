"""Probes: how to tell that an instance is ready, or alive. Data; targets carry them out."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpProbe:
    """Good when GET of the path answers 200 to 399 (a redirect is an answer)."""

    path: str
    port: str = "http"
    probe: Literal["http"] = "http"


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpProbe:
    """Good when the port accepts a connection."""

    port: str
    probe: Literal["tcp"] = "tcp"


@dataclass(frozen=True, slots=True, kw_only=True)
class GrpcProbe:
    """Good when the health service of gRPC says that this service is served; '' is all of it."""

    service: str
    port: str
    probe: Literal["grpc"] = "grpc"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecProbe:
    """Good when the command ends with status 0 inside the instance."""

    argv: tuple[str, ...]
    probe: Literal["exec"] = "exec"


@dataclass(frozen=True, slots=True, kw_only=True)
class PartProbe:
    """The part's own check: authenticated, and able to fail for the reason it exists (R136)."""

    probe: Literal["part"] = "part"
    alone: bool = field(default=False, repr=False)
    """Whether it is only to answer itself, however the other members of its store do."""


Probe = HttpProbe | TcpProbe | GrpcProbe | ExecProbe | PartProbe


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """The probes of a workload and their figures (R130 to R140).

    `ready` decides on traffic, `live` on restarting. Until the first success only `ready` is
    asked, every `STARTUP_PAUSE`, and `start` is the time it may take; then both are asked every
    `every`, and `failures` failures in a row count as one.
    """

    ready: Probe | None = None
    live: Probe | None = None
    start: timedelta = timedelta(seconds=60)
    every: timedelta = timedelta(seconds=10)
    timeout: timedelta = timedelta(seconds=5)
    failures: int = 3
    live_failures: int = 3
    """The same for `live`, which is asked more patiently where both ask the same."""
    again: timedelta | None = field(default=None, repr=False)
    """Pause after a first failure, where it must be known sooner; `every` where it is not given."""


STARTUP_PAUSE = timedelta(milliseconds=50)
"""Between two questions while starting: readiness is noticed at most this much late."""
