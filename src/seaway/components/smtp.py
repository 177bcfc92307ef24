"""smtp: a mail server of someone else; a simulator keeps the mail on this machine."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from seaway.model.names import Name
from seaway.model.settings.environment import EnvValue
from seaway.model.settings.form import PortNumber
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Surroundings


class Smtp(Component):
    """Mail that is sent."""

    kind: ClassVar[str] = "smtp"
    section: ClassVar[Section] = Section.EXTERNAL
    built: ClassVar[bool] = False

    sender: Annotated[str, Field(strict=True, alias="from", pattern=r"^[^@\s]+@[^@\s]+$")]
    """The address that mail comes from."""
    mode: Literal["simulated", "sandbox", "real"] | None = None
    """Simulated in local and real in production when it is not given."""
    host: EnvValue | None = None
    """The server; may be `env:NAME`."""
    port: PortNumber = 587
    """Where it listens."""
    user: EnvValue | None = None
    """Who sends."""
    password: EnvValue | None = None
    """`secret:NAME`."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- not built
        """Nothing yet."""
        return Expansion()
