"""pay: a payment service of someone else; a simulator signs and calls back like the real one."""

from typing import ClassVar, Literal

from seaway.model.names import Name
from seaway.model.settings.environment import EnvValue
from seaway.model.stack import Section
from seaway.ports.component import Component, Expansion, Surroundings


class Pay(Component):
    """Payments."""

    kind: ClassVar[str] = "pay"
    section: ClassVar[Section] = Section.EXTERNAL
    built: ClassVar[bool] = False

    provider: Literal["wechat", "alipay"]
    """Whose API it is."""
    mode: Literal["simulated", "sandbox", "real"] | None = None
    """Simulated in local and real in production when it is not given."""
    app: EnvValue | None = None
    """The identifier of the application there."""
    merchant: EnvValue | None = None
    """The number of the merchant there."""
    key: EnvValue | None = None
    """`secret:NAME`."""

    def expand(self, name: Name, around: Surroundings) -> Expansion:  # noqa: ARG002 -- not built
        """Nothing yet."""
        return Expansion()
