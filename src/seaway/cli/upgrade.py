"""upgrade: data of an older server is told to a newer one, on a copy first, and compared."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

import click

from seaway import wiring
from seaway.cli import restoring
from seaway.cli.apply import apply
from seaway.cli.ask import agree
from seaway.cli.backup_places import target_of
from seaway.cli.command import Command, Option
from seaway.cli.place import Place, options, place, place_of
from seaway.cli.settings import Settings
from seaway.cli.show import Show, Tone
from seaway.cli.signals import carried_out
from seaway.cli.status import something_runs
from seaway.durable import make_folder
from seaway.engine.access import superuser
from seaway.engine.drill import database_content
from seaway.engine.move import differing
from seaway.engine.reaching import reached
from seaway.engine.restore import only_stores
from seaway.errors import SeawayError, UsageError
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.model.workload import Server
from seaway.stores.clock import SystemClock
from seaway.targets.local.target import LocalTarget
from seaway.targets.local.upgrading import Dumper, older_server
from seaway.wire.postgres import Login, connected

EXAMPLES = ("seaway upgrade db --rehearse", "seaway upgrade db")
DATABASES = """
SELECT datname FROM pg_database WHERE datallowconn AND NOT datistemplate AND datname <> 'postgres'
ORDER BY 1
"""
NAMED = 5


@click.command(cls=Command, examples=EXAMPLES)
@click.argument("store")
@click.option("--rehearse", is_flag=True, cls=Option, help="option rehearse")
@click.pass_obj
def upgrade(settings: Settings, *, store: str, rehearse: bool) -> None:
    """Copy, tell the newer server, compare; only what is the same takes its place."""
    show, here = Show(settings), place_of(settings)
    carried_out(_upgrade(show, here, store, rehearse=rehearse or settings.dry_run))


async def _upgrade(show: Show, here: Place, store: str, *, rehearse: bool) -> None:
    target = _target(here, store)
    stack = wiring.read_stack(options(show.settings))
    vault = wiring.open_vault(here.state)
    release = wiring.demanded(wiring.resolved(stack, vault.versions())).release
    if release.find(Name(store)) is None:
        known = ", ".join(sorted(each.name for each in release.workloads))
        raise UsageError("SW502", name=store, known=known)
    versions = target.older(release).get(Name(store))
    if versions is None:
        show.note("SW876", Tone.GOOD, store=store)
        return
    runs = here.state.ledger.exists() and await something_runs(here)
    agree(show, "ask upgrade rehearse" if rehearse else "ask upgrade", stack=here.stack)
    aside = place(f"{here.stack}-upgrade", here.environment)
    upgrading = _Upgrading(show, here, aside, release, store)
    with restoring.alone(here):
        restoring.refuse_broken_off(here)
        if runs:
            await restoring.stopped(show, here)
        figures = await _carried_out(upgrading, rehearse=rehearse)
    facts = {"store": store, "before": versions[0], "after": versions[1], **figures}
    show.note("note rehearsed" if rehearse else "note upgraded", Tone.GOOD, **facts)
    if runs and not rehearse:
        await apply(show, here, release)


async def _carried_out(upgrading: "_Upgrading", *, rehearse: bool) -> Mapping[str, object]:
    """Figures of it; data has changed places unless it was a rehearsal."""
    show, here, aside = upgrading.show, upgrading.here, upgrading.aside
    async with restoring.emptied(show, aside):
        figures = await upgrading.told()
        if not rehearse:
            await restoring.stopped(show, aside)
            label = f"{SystemClock().now():%Y%m%d-%H%M%S}"
            restoring.exchanged(here, aside, frozenset({Name(upgrading.store)}), label)
    return figures


def _target(here: Place, store: str) -> LocalTarget:
    """Raises UsageError: SW875, its servers are in containers."""
    target = target_of(here)
    if not isinstance(target, LocalTarget):
        raise UsageError("SW875", store=store)
    return target


@dataclass(frozen=True, slots=True)
class _Upgrading:
    """One store, from the data here to a newer server aside."""

    show: Show
    here: Place
    aside: Place
    release: Release
    store: str

    async def told(self) -> Mapping[str, object]:
        """Figures of it.

        Raises:
            SeawayError: the older server is not here, cannot read it, or not all is the same.
        """
        began = time.monotonic()
        restoring.same_secrets(self.aside, self.here)
        small = _empty(self.release, self.store, self.aside.stack)
        wiring.choose_target(self.aside.state, small)
        folder = self.aside.state.root / "older"
        make_folder(folder, 0o711)
        data = self.here.state.volume(self.store, "data") / "data"
        target, [workload] = _target(self.aside, self.store), small.workloads
        count = 0
        async with older_server(data, folder, target.owner(workload)) as old:
            await restoring.brought_up(self.show, self.aside, small)
            new = superuser(await reached(target, small, self.store))
            for database in await _databases(old, new):
                dumper = Dumper(programs=target.programs(workload), folder=self.aside.state.root)
                pair = replace(old, database=database), replace(new, database=database)
                await dumper.told(*pair)
                count += await self._same(*pair)
        return {"tables": count, "seconds": round(time.monotonic() - began, 1)}

    async def _same(self, old: Login, new: Login) -> int:
        """How many tables are; all of them must be."""
        async with connected(new) as session:
            await session.run("ANALYZE")
        before, after = await database_content(old), await database_content(new)
        if wrong := tuple(differing({self.store: before}, {self.store: after})):
            raise SeawayError("SW878", what=", ".join(wrong[:NAMED]), count=len(wrong))
        return len(before)


def _empty(release: Release, store: str, stack: str) -> Release:
    """That store alone, new; first SQL files have been run on the data long ago."""
    small = only_stores(release, frozenset({Name(store)}), stack=Name(stack))
    [workload] = small.workloads
    if isinstance(workload.program, Server):
        settings = {**workload.program.settings, "init": []}
        workload = replace(workload, program=replace(workload.program, settings=settings))
    return replace(small, workloads=(workload,), created=None)


async def _databases(old: Login, new: Login) -> tuple[str, ...]:
    """Those of the older server; all of them are in the newer one now, empty.

    Rights to connect are given again at the next start.
    """
    async with connected(old) as session:
        names = tuple(row[0] or "" for row in await session.run(DATABASES))
    async with connected(new) as session:
        for name in names:
            await session.run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
            await session.run(f'CREATE DATABASE "{name}"')
    return names
