"""simulator: a faithful stand-in for a model provider, for development and tests."""

from typing import Annotated, ClassVar

from pydantic import Field

from seaway.model.names import Name
from seaway.model.quantity import Duration, Percent
from seaway.model.settings.form import Count
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Surroundings


class Simulator(Component):
    """Answers like a model provider, without a key or a network."""

    kind: ClassVar[str] = "simulator"
    section: ClassVar[Section] = Section.AI
    built: ClassVar[bool] = False

    seed: Count = 0
    """The same seed gives the same answers."""
    latency: Duration | None = None
    """Before the first piece of an answer."""
    errors: Percent = 0.0
    """How many requests fail on purpose."""
    dimensions: Annotated[Count, Field(ge=1, le=16000)] = 384
    """Length of an embedding."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- not built
        """Nothing yet."""
        return Expansion()
