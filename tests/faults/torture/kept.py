"""A store on this machine, kept by a supervisor in this process that can be ended and begun."""

import asyncio
import secrets
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

from seaway.engine.supervise import Supervisor
from seaway.model.names import InstanceId, Name
from seaway.model.release import Release
from seaway.ports.component import Component, Surroundings
from seaway.stores.clock import SystemClock
from seaway.stores.ledger import SqliteLedger
from seaway.targets.local.ports import Ports
from seaway.targets.local.state import StateFolder
from seaway.targets.local.target import LocalTarget
from tests.faults.torture.trial import Trial

STACK = Name("torture")
PATIENCE = 90.0
"""Seconds."""


class Made:
    """A vault that makes up what is asked for."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def versions(self) -> Mapping[str, int]:
        """Of each the first."""
        return dict.fromkeys(self._kept, 1)

    def read(self, name: str, version: int = 0) -> str:
        """The same each time."""
        del version
        return self._kept.setdefault(name, secrets.token_hex(16))


@dataclass
class Kept:
    """What there is of it, and who keeps it."""

    state: StateFolder
    vault: Made
    target: LocalTarget
    """To look with; the supervisor has one of its own."""
    ledger: SqliteLedger
    _target: LocalTarget
    _rung: asyncio.Event = field(default_factory=asyncio.Event)
    _keeper: asyncio.Task[None] | None = None

    @property
    def ports(self) -> Mapping[str, int]:
        """All that were given, as `WORKLOAD/PORT/SLOT`."""
        return Ports(self.state).given()

    def keep(self) -> None:
        """Let there be a supervisor."""
        supervisor = Supervisor(STACK, self.ledger, self._target, SystemClock(), self._bell)
        self._keeper = asyncio.create_task(supervisor.run())

    async def let_be(self) -> None:
        """End the supervisor at once; what it started goes on."""
        if self._keeper:
            self._keeper.cancel()
            with suppress(asyncio.CancelledError):
                await self._keeper

    def change(self, release: Release) -> None:
        """Another release is wanted from now on."""
        self.ledger.record(release)
        self._rung.set()

    async def end(self) -> int:
        """Stop everything in good order; how much is left of it."""
        self.ledger.want_nothing()
        self._rung.set()
        if self._keeper:
            await asyncio.wait({self._keeper}, timeout=PATIENCE)
        return len([each for each in await self.target.observe() if each.phase.running])

    async def _bell(self) -> None:
        await self._rung.wait()
        self._rung.clear()


@asynccontextmanager
async def kept(trial: Trial, component: Component, name: Name) -> AsyncIterator[Kept]:
    """The store, kept from now on; nothing is left of it."""
    state = StateFolder(trial.folder / "state")
    state.root.mkdir(parents=True)
    state.root.chmod(0o711)
    vault, clock, ledger = Made(), SystemClock(), SqliteLedger(state.ledger)
    around = Surroundings(stack=STACK, environment="local", folder=str(trial.folder))
    ledger.record(Release(stack=STACK, workloads=component.expand(name, around).workloads))
    looking = LocalTarget(state, STACK, vault, clock)  # type: ignore[arg-type]  # it reads only
    async with LocalTarget(state, STACK, vault, clock) as target:  # type: ignore[arg-type]
        it = Kept(state, vault, looking, ledger, target)
        it.keep()
        try:
            yield it
        finally:
            trial.tally.leaks += await it.end()
            shutil.rmtree(state.run(InstanceId("any")).parent, ignore_errors=True)
