"""Guard: looks again and again whether a stack can be written about, and says what it finds."""

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from seaway.errors import SeawayError
from seaway.model.finding import Finding
from seaway.ports.clock import Clock
from seaway.ports.ledger import Event, Ledger
from seaway.stores.alarms import Alarms
from seaway.stores.reserve import Reserve

EVERY = timedelta(seconds=4)
"""Two looks fit into the ten seconds after which trouble has to be known."""


REMOVED = "SW544"


class Kept:
    """A folder that must not vanish: noticed also where it has been made again in the meantime."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._handle = -1

    def keep(self) -> bool:
        """Make it where it is missing; whether the one of before was removed.

        Raises:
            OSError: it cannot be made.
        """
        removed = self._handle >= 0 and not os.fstat(self._handle).st_nlink
        if removed:
            os.close(self._handle)
            self._handle = -1
        self.folder.mkdir(mode=0o750, exist_ok=True)
        if self._handle < 0:
            self._handle = os.open(self.folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        return removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """Runs beside the supervisor and never ends by itself."""

    look: Callable[[], Sequence[Finding]]
    logs: Kept
    reserve: Reserve
    ledger: Ledger
    clock: Clock
    alarms: Alarms

    async def watch(self) -> None:
        """Say what is wrong when it begins, and when it is over."""
        before: Mapping[str, Finding] = {}
        while True:
            now = {f"{each.code} {each.facts}": each for each in await self._looked()}
            for key, each in now.items():
                self.alarms(each.code, each.facts)
                if key not in before:
                    await self._told(each.code, each.facts)
            for key, each in before.items():
                if key not in now:
                    over = {"over": each.code, **each.facts}
                    self.alarms("SW548", over)
                    await self._told("SW548", over)
            before = now
            await self.clock.sleep_until(self.clock.now() + EVERY)

    async def _looked(self) -> Sequence[Finding]:
        """What is wrong, once what was removed has been told of."""
        removed, found = await asyncio.to_thread(self._mended)
        if removed:
            facts = {"folder": str(self.logs.folder)}
            self.alarms(REMOVED, facts)
            await self._told(REMOVED, facts)
        return found

    def _mended(self) -> tuple[bool, Sequence[Finding]]:
        """Make up for what was removed and given up; what cannot be is among the findings then."""
        removed = False
        with suppress(OSError):
            removed = self.logs.keep()
        with suppress(OSError):
            self.reserve.fill()
        return removed, self.look()

    async def _told(self, code: str, facts: Mapping[str, object]) -> None:
        plain = {key: str(value) for key, value in facts.items()}
        with suppress(OSError, SeawayError):  # it is in the log
            await asyncio.to_thread(
                self.ledger.tell, Event(at=self.clock.now(), code=code, facts=plain)
            )
