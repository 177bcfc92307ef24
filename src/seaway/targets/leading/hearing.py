"""Hearing: what members of stores and their gates said of themselves last, and since when."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from seaway.model.names import InstanceId
from seaway.model.standing import Said, Standing

ADRIFT = 10.0
"""Seconds after which one that has lost its leader is begun anew."""


class Hearing:
    """Of all instances of a stack."""

    def __init__(self, changed: Callable[[], None]) -> None:
        """`changed` is called when one says something else of itself than before."""
        self._changed = changed
        self._said: dict[InstanceId, Said | None] = {}
        self._fell_behind: dict[InstanceId, float] = {}
        """Since when a member is not abreast, in the seconds of the loop."""

    def said(self, name: InstanceId) -> Said | None:
        """What it said of itself last."""
        return self._said.get(name)

    def heard(self, name: InstanceId, said: Said | None) -> None:
        """Keep it, and tell whether it is another than before."""
        if isinstance(said, Standing) and not said.leads:
            now = asyncio.get_running_loop().time()
            since = now if said.abreast else self._fell_behind.get(name, now)
            self._fell_behind[name] = since
            said = replace(said, adrift=now - since > ADRIFT)
        before = self._said.get(name)
        self._said[name] = said
        if said != before:
            self._changed()

    def forget(self, name: InstanceId) -> None:
        """It will not be asked again."""
        self._said.pop(name, None)
        self._fell_behind.pop(name, None)
