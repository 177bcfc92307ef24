"""vision: takes pictures, keeps them in an object store, and says what is on them."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seaway.model.names import Name
from seaway.model.quantity import Size
from seaway.model.settings.code import Uses
from seaway.model.settings.form import Count
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Surroundings

Bucket = Annotated[str, Field(strict=True, pattern=r"^[a-z][a-z0-9-]*/[a-z0-9][a-z0-9.-]*$")]
"""A component and a bucket in it: `files/food-images`."""


class Vision(Component):
    """Understands pictures."""

    kind: ClassVar[str] = "vision"
    section: ClassVar[Section] = Section.AI
    built: ClassVar[bool] = False

    store: Bucket
    """Where the pictures are kept."""
    max_size: Size = 10_000_000
    """Of an uploaded file."""
    max_side: Annotated[Count, Field(ge=16, le=16384)] = 1024
    """Larger pictures are scaled down to this many pixels."""
    formats: tuple[Literal["jpg", "jpeg", "png", "webp"], ...] = ("jpg", "jpeg", "png", "webp")
    """What is taken."""
    uses: Uses = ()
    """A gateway that understands them."""

    @property
    def used(self) -> tuple[Name, ...]:
        return (Name(self.store.partition("/")[0]), *self.uses)

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- not built
        """Nothing yet."""
        return Expansion()
