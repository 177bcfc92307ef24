"""vectors: a store of embeddings with search by likeness, on a database that is there already."""

from typing import Annotated, ClassVar

from pydantic import BaseModel, Field

from seaway.model.names import Name
from seaway.model.settings.code import Uses
from seaway.model.settings.form import FORM, Count, Named
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Surroundings


class Index(BaseModel):
    """The HNSW index."""

    model_config = FORM

    m: Annotated[Count, Field(ge=2, le=100)] = 16
    ef_construction: Annotated[Count, Field(ge=4, le=1000)] = 64


class Vectors(Component):
    """A store of embeddings."""

    kind: ClassVar[str] = "vectors"
    section: ClassVar[Section] = Section.AI
    built: ClassVar[bool] = False

    store: Named
    """The database that keeps them."""
    dimensions: Annotated[Count, Field(ge=1, le=16000)]
    """Length of a vector."""
    index: Index = Index()
    """How it is searched."""
    uses: Uses = ()
    """A gateway that makes the embeddings."""

    @property
    def used(self) -> tuple[Name, ...]:
        return (self.store, *self.uses)

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- not built
        """Nothing yet."""
        return Expansion()
