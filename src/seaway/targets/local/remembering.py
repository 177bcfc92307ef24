"""Remembering: what was seen of an instance, as long as its folder has not changed."""

import os
import time
from pathlib import Path

from seaway.model.names import InstanceId
from seaway.targets.local.lock import holder
from seaway.targets.local.process import Life
from seaway.targets.local.record import SETTLED
from seaway.targets.local.sighting import Sighting


class Remembered:
    """A look at twenty instances of which one has changed costs little more than one.

    All that a sighting is made of is written under another name and renamed, which changes the
    time of the folder; who runs is known from the kernel's lock.
    """

    def __init__(self) -> None:
        self._kept: dict[str, tuple[int, str, Sighting]] = {}
        """When the folder had changed, where it is, and what was seen."""

    def recall(self, name: InstanceId, *, watched: bool) -> Sighting | None:
        """What was seen of it, if that still holds; of one that is watched the end will be told."""
        kept = self._kept.get(name)
        if kept is None:
            return None
        changed, folder, sighting = kept
        same = watched or not sighting.runs or holder(folder) == sighting.process.shim
        if same and last_change(folder) == changed:
            return sighting
        del self._kept[name]
        return None

    def keep(self, sighting: Sighting, changed: int) -> None:
        """Remember it, if it runs or has ended: an instance lives once.

        `changed` is when its folder had changed before the look.
        """
        known = sighting.runs or sighting.process.life is Life.ENDED
        if known and time.time_ns() - changed > SETTLED:
            self._kept[sighting.folder.name] = (changed, str(sighting.folder), sighting)

    def forget_others(self, names: frozenset[str]) -> None:
        """Remember nothing of what is not there any more."""
        for name in self._kept.keys() - names:
            del self._kept[name]


def last_change(folder: Path | str) -> int:
    """When a folder changed last, in nanoseconds; 0 when it is gone."""
    try:
        return os.stat(folder).st_mtime_ns
    except FileNotFoundError:
        return 0
