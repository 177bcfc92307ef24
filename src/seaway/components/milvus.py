"""milvus: a vector database server, kept on a volume."""

from typing import ClassVar

from seaway.model.names import Name
from seaway.model.quantity import Size
from seaway.model.settings.code import Uses
from seaway.model.settings.form import Word
from seaway.model.settings.resources import Resources
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Surroundings


class Milvus(Component):
    """A Milvus vector database."""

    kind: ClassVar[str] = "milvus"
    section: ClassVar[Section] = Section.DATA
    built: ClassVar[bool] = False

    version: Word = "2"
    """Main version, in quotes."""
    size: Size | None = None
    """Of its volume."""
    resources: Resources = Resources()
    """Most it may use."""
    uses: Uses = ()
    """An object store for its segments."""

    @property
    def used(self) -> tuple[Name, ...]:
        return self.uses

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- not built
        """Nothing yet."""
        return Expansion()
