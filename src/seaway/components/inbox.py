"""inbox: one page of all that was sent to simulated services."""

from typing import ClassVar

from seaway.model.names import Name
from seaway.model.settings.code import Uses
from seaway.model.settings.external import address, player
from seaway.model.stack import Section
from seaway.model.text import Text
from seaway.ports.component import Component, Expansion, Exports, Surroundings

_KEY = "inbox"


class Inbox(Component):
    """What all services in `uses` were told; nothing runs where none of them is simulated."""

    kind: ClassVar[str] = "inbox"
    section: ClassVar[Section] = Section.EXTERNAL

    uses: Uses = ()
    """Services of others in this stack."""

    @property
    def used(self) -> tuple[Name, ...]:
        return self.uses

    def expand(self, name: Name, around: Surroundings) -> Expansion:
        """The page, where there is something to show."""
        inboxes = {
            each: exports.values[_KEY]
            for each, exports in around.exports.items()
            if _KEY in exports.values
        }
        if not inboxes:
            return Expansion()
        told = {f"inbox-of-{each}": where for each, where in inboxes.items()}
        return Expansion(
            workloads=(player(name, around.environment, {"provider": Text.of("inbox"), **told}),),
            exports=Exports(
                workloads=frozenset({name}), values={"url": Text.of(address(name), "/inbox")}
            ),
        )
