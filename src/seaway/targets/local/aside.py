"""Aside: data that a restore has replaced, or that it brought and that was taken back.

```
replaced/last.json       which stores, which side is in place, and whether they are at it
replaced/LABEL/STORE     the side that was there before
replaced/.LABEL/STORE    the side that was restored
```
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from seaway.durable import make_folder, write_whole
from seaway.targets.local.state import StateFolder


class Side(StrEnum):
    """Of two that change places."""

    BEFORE = "before"
    RESTORED = "restored"

    @property
    def other(self) -> "Side":
        return Side.BEFORE if self is Side.RESTORED else Side.RESTORED


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The last change of places."""

    label: str
    stores: Sequence[str]
    live: Side = Side.RESTORED
    """The side that is in place when it is done."""
    turning: bool = False
    """Whether it was begun and not ended: some stores may have the one side, some the other."""


class Aside:
    """What is aside of one stack."""

    def __init__(self, state: StateFolder) -> None:
        self._folder = state.root / "replaced"
        self._file = self._folder / "last.json"

    def change(self) -> Change | None:
        """The last one; None where nothing is aside."""
        try:
            told = json.loads(self._file.read_text())
        except FileNotFoundError:
            return None
        live, turning = Side(told.get("live", Side.RESTORED)), told.get("turning", False)
        return Change(label=told["label"], stores=told["stores"], live=live, turning=turning)

    def note(self, change: Change) -> None:
        """Before anything moves, and after: whoever is killed between has the way back."""
        make_folder(self._folder, 0o700)
        write_whole(self._file, json.dumps(asdict(change)), durable=True)

    def folder(self, change: Change, side: Side, store: str) -> Path:
        """Where the data of that side is while it is not in place."""
        label = change.label if side is Side.BEFORE else f".{change.label}"
        return self._folder / label / store

    def remove(self) -> None:
        """All of it, for good."""
        shutil.rmtree(self._folder)
