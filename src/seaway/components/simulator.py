"""simulator: a faithful stand-in for a model provider, for development and tests (R71)."""

from dataclasses import replace
from typing import Annotated, ClassVar

from pydantic import Field

from seaway.model.names import Name
from seaway.model.quantity import Duration, Percent
from seaway.model.settings.form import Count, Truth
from seaway.model.settings.openai import key_of, limits, simulator, values, variables
from seaway.model.settings.resources import Logs, LogsSetting, Resources
from seaway.model.stack import Section
from seaway.model.text import Text
from seaway.ports.component import Component, Expansion, Exports, SecretNeed, Surroundings


class Simulator(Component):
    """Answers like a model provider, without an account or a network."""

    kind: ClassVar[str] = "simulator"
    section: ClassVar[Section] = Section.AI

    seed: Count = 0
    """The same seed gives the same answers."""
    latency: Duration | None = None
    """Before the first piece of an answer."""
    pace: Duration | None = None
    """Between two pieces of an answer."""
    any_key: Truth = False
    """Let in every key, for applications whose users bring their own."""
    errors: Percent = 0.0
    """How many requests fail on purpose."""
    dimensions: Annotated[Count, Field(ge=1, le=16000)] = 1536
    """Length of an embedding, where the request does not say."""
    resources: Resources = Resources()
    """Most it may use."""
    logs: LogsSetting = Logs()
    """How its logs are kept."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """One process, and the key that it lets in."""
        figures = {
            "SEED": str(self.seed),
            "LATENCY": _seconds(self.latency),
            "PACE": _seconds(self.pace),
            "ERRORS": str(self.errors / 100),
            "DIMENSIONS": str(self.dimensions),
        }
        env = {f"SIMULATOR_{key}": Text.of(value) for key, value in figures.items()}
        if self.any_key:
            env["SIMULATOR_KEYS"] = Text()
        workload = replace(
            simulator(name, name, around.environment, env),
            limits=limits(self.resources),
            logs=self.logs.keeping,
        )
        return Expansion(
            workloads=(workload,),
            exports=Exports(
                workloads=frozenset({name}), values=values(name), variables=variables(name)
            ),
            secrets=(SecretNeed(name=key_of(name), generate=32),),
        )


def _seconds(span: Duration | None) -> str:
    return str(span.total_seconds() if span else 0)
