"""rag: answers questions from documents, with a vector store and a gateway."""

from typing import Annotated, ClassVar

from pydantic import Field

from seaway.model.names import Name
from seaway.model.quantity import Duration
from seaway.model.settings.code import Uses
from seaway.model.settings.form import Count, Named
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Surroundings


class Rag(Component):
    """Answers from documents."""

    kind: ClassVar[str] = "rag"
    section: ClassVar[Section] = Section.AI
    built: ClassVar[bool] = False

    search: Named
    """The vector store that finds the passages."""
    model: Named
    """The gateway that writes the answer."""
    passages: Annotated[Count, Field(ge=1, le=100)] = 10
    """How many are shown to the model."""
    cache: Duration | None = None
    """How long the same question gets the same answer."""
    uses: Uses = ()
    """Whatever else it connects to."""

    @property
    def used(self) -> tuple[Name, ...]:
        return (self.search, self.model, *self.uses)

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- not built
        """Nothing yet."""
        return Expansion()
