"""How a service tells that it is ready and alive, as people write it."""

import re
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field, WithJsonSchema

from seaway.model.probe import Checks, GrpcProbe, HttpProbe, Probe, TcpProbe
from seaway.model.quantity import Duration
from seaway.model.route import GRPC
from seaway.model.settings.form import FORM, Count, refuse, word

_FIGURES = Checks()
TCP = "tcp"
_QUESTION = re.compile(r"/[\x21-\x7e]*|tcp")


def _question(given: object) -> object:
    if isinstance(given, str) and not _QUESTION.fullmatch(given):
        raise refuse("SW190", found=given[:80])
    return given


Question = Annotated[
    str,
    Field(strict=True),
    BeforeValidator(_question),
    WithJsonSchema({"type": "string", "pattern": f"^({_QUESTION.pattern})$"}, mode="validation"),
]
"""A path that is asked by HTTP, or `tcp` for a connection only."""


class Health(BaseModel):
    """What is asked, and how often. A single path is asked for both; see `checks`."""

    model_config = FORM

    ready: Question = TCP
    """Decides on traffic: a path, or `tcp`."""
    live: Question | None = None
    """Decides on restarting; the same as `ready`, but more patiently, when it is not given."""
    grpc: Annotated[str, Field(strict=True, pattern=r"^[A-Za-z0-9_.]{0,100}$")] | None = None
    """Instead of both: the service that the health service of gRPC is asked about, `''` for all."""
    start: Duration = _FIGURES.start
    """How long the first good answer may take."""
    every: Duration = _FIGURES.every
    """Pause between two questions."""
    timeout: Duration = _FIGURES.timeout
    """How long one answer may take."""
    failures: Annotated[Count, Field(ge=1)] = _FIGURES.failures
    """Failures in a row that count."""


PATIENCE = 3
"""Where one path serves both purposes, a restart waits this many times longer than the balancer:
what is slow because of something else must not be killed for it."""


def checks(health: Health, port: str) -> Checks:
    """The probes on that port; those of gRPC on the port of that name."""
    own = health.live is not None
    called = None if health.grpc is None else GrpcProbe(service=health.grpc, port=GRPC)
    return Checks(
        ready=called or _probe(health.ready, port),
        live=called or _probe(health.live or health.ready, port),
        start=health.start,
        every=health.every,
        timeout=health.timeout,
        failures=health.failures,
        live_failures=health.failures * (1 if own else PATIENCE),
    )


def _probe(question: str, port: str) -> Probe:
    return TcpProbe(port=port) if question == TCP else HttpProbe(path=question, port=port)


HealthSetting = Annotated[
    Health, BeforeValidator(word("ready"), json_schema_input_type=Question | Health)
]
