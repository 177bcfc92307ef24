"""sms: short messages by someone else's service; a simulator keeps them on this machine."""

from typing import ClassVar, Literal

from seaway.model.names import Name
from seaway.model.settings.environment import EnvValue
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Surroundings


class Sms(Component):
    """Short messages."""

    kind: ClassVar[str] = "sms"
    section: ClassVar[Section] = Section.EXTERNAL
    built: ClassVar[bool] = False

    provider: Literal["aliyun", "tencent"] = "aliyun"
    """Whose API it is."""
    mode: Literal["simulated", "sandbox", "real"] | None = None
    """Simulated in local and real in production when it is not given."""
    signature: EnvValue | None = None
    """Who it is from, as registered there."""
    template: EnvValue | None = None
    """The registered text."""
    key: EnvValue | None = None
    """Identifier of the access key."""
    secret: EnvValue | None = None
    """`secret:NAME`."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- not built
        """Nothing yet."""
        return Expansion()
