"""Belonging: how containers and networks are called and labelled, so that each is found again."""

import hashlib
from dataclasses import dataclass

from seaway.model.json import Json
from seaway.model.names import Name
from seaway.targets.local.state import StateFolder

INSTANCE, RECORD, STATE = "seaway.instance", "seaway.record", "seaway.state"


@dataclass(frozen=True, slots=True)
class Belonging:
    """One stack in one environment of one state folder: two of them never meet."""

    stack: Name
    environment: str
    mark: str
    """Tells state folders apart."""

    @staticmethod
    def of(state: StateFolder, stack: Name) -> "Belonging":
        """Of the stack that a state folder is for."""
        environment = state.root.name.partition("@")[2] or "local"
        mark = hashlib.sha256(str(state.root).encode()).hexdigest()[:8]
        return Belonging(stack, environment, mark)

    def named(self, *words: str) -> str:
        """The name of something that belongs to it."""
        return ".".join((f"{self.stack}-{self.mark}", *words))

    def labels(self) -> dict[str, str]:
        """What everything carries that belongs to it."""
        return {
            "seaway.stack": self.stack, "seaway.environment": self.environment, STATE: self.mark
        }  # fmt: skip

    @property
    def filter(self) -> dict[str, Json]:
        """Finds them again, in the words of the engine."""
        return {"label": [f"{STATE}={self.mark}"]}
