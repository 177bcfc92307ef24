"""mongo: a MongoDB server with one database, kept on a volume."""

from typing import Annotated, ClassVar

from pydantic import Field

from seaway.model.names import Name
from seaway.model.quantity import Size
from seaway.model.settings.form import Word
from seaway.model.settings.resources import Resources
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Surroundings


class Mongo(Component):
    """A MongoDB database."""

    kind: ClassVar[str] = "mongo"
    section: ClassVar[Section] = Section.DATA
    built: ClassVar[bool] = False

    version: Word = "8"
    """Main version, in quotes."""
    database: Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9_-]{0,62}$")] = "app"
    """The database that users of it get."""
    size: Size | None = None
    """Of its volume."""
    resources: Resources = Resources()
    """Most it may use."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- not built
        """Nothing yet."""
        return Expansion()
