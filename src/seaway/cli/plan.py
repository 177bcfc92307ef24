"""plan: what `up` would do, and what it means for the data."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from seaway import wiring
from seaway.cli.asked import looked_at
from seaway.cli.command import Command, Option
from seaway.cli.page import size
from seaway.cli.place import place
from seaway.cli.settings import Format, Settings
from seaway.cli.show import Cell, Show, Tone
from seaway.engine.leave_out import without
from seaway.engine.restart import carried_over
from seaway.errors import PlanHasChanges
from seaway.model.finding import Finding
from seaway.model.release import Release
from seaway.plan.changes import Act, Change, DataFate, Fate, changes, fates
from seaway.ports.vault import Vault
from seaway.stores.clock import SystemClock

if TYPE_CHECKING:
    from seaway.engine.resolve import Resolved  # a rollback reads no stack file


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What would happen."""

    release: Release
    changes: tuple[Change, ...]
    fates: tuple[DataFate, ...]
    findings: tuple[Finding, ...]
    """Warnings of the file, and promises this target cannot keep."""

    @property
    def count(self) -> int:
        """How many workloads would change."""
        return sum(each.act is not Act.KEEP for each in self.changes)


@click.command(
    cls=Command, examples=("seaway plan", "seaway plan -e production --exit-code --format json")
)
@click.option("--exit-code", is_flag=True, cls=Option, help="option exit code")
@click.pass_obj
def plan(settings: Settings, *, exit_code: bool) -> None:
    """Show what would happen and change nothing."""
    show = Show(settings)
    _, found, vault = looked_at(settings)
    seen = asyncio.run(outlook(found, vault))
    show_outlook(show, seen)
    if exit_code and seen.count:
        raise PlanHasChanges("SW621", count=seen.count)


async def outlook(found: "Resolved", vault: Vault, *, begun: bool = False) -> Outlook:
    """Compare what is asked for with what is there; with nothing, where it has `begun` already."""
    from seaway.engine.secrets import findings as weak  # noqa: PLC0415 -- a rollback needs it not

    here = place(found.release.stack, found.release.environment)
    target = wiring.open_target(here.state, here.stack, found.release.target)
    whole = carried_over(found.release, here.wanted())
    release = without(whole, target.left_out(whole))
    seen, kept = () if begun else await target.observe(), await target.volumes()
    secrets = weak(found.secret_needs, vault, release.environment, SystemClock().now())
    return Outlook(
        release=release, changes=changes(release, seen),
        fates=fates(release, kept, target.older(whole)),
        findings=(*found.findings, *secrets, *target.cannot(whole)),
    )  # fmt: skip


SIGNS: Mapping[Act, tuple[str, Tone]] = {
    Act.CREATE: ("+", Tone.GOOD),
    Act.RUN: ("+", Tone.GOOD),
    Act.REPLACE: ("~", Tone.DOUBTFUL),
    Act.SCALE: ("~", Tone.DOUBTFUL),
    Act.KEEP: ("=", Tone.BESIDE),
    Act.REMOVE: ("\N{MINUS SIGN}", Tone.BAD),
}


def show_outlook(show: Show, seen: Outlook) -> None:
    """The plan as data, in the format that was asked for."""
    match show.settings.format:
        case Format.TABLE:
            for line in tree(show, seen):
                show.line(*line)
            show.beside(seen.findings)
        case Format.JSON:
            show.json(_whole(show, seen))
        case Format.NDJSON:
            for each in seen.changes:
                show.json({"change": asdict(each)}, indent=None)
            for fate in seen.fates:
                show.json({"data": asdict(fate)}, indent=None)


def _whole(show: Show, seen: Outlook) -> dict[str, object]:
    return {
        "stack": seen.release.stack, "environment": seen.release.environment,
        "changes": [asdict(each) for each in seen.changes],
        "data": [asdict(each) for each in seen.fates],
        "findings": show.findings_json(seen.findings),
    }  # fmt: skip


def tree(show: Show, seen: Outlook) -> Iterator[tuple[Cell, ...]]:
    """Lines: each workload with what happens to it and, below it, to its data; then the counts."""
    yield (Cell(f"{seen.release.stack} ({seen.release.environment})", Tone.STRONG),)
    orphans = [each for each in seen.fates if each.fate is Fate.ORPHANED]
    rows = len(seen.changes) + len(orphans)
    for number, change in enumerate(seen.changes, start=1):
        yield Cell(_branch(number, rows), Tone.BESIDE), _change(show, change, _longest(seen))
        for each in seen.fates:
            if each.workload == change.workload and each.fate is not Fate.ORPHANED:
                stem = "   " if number == rows else "│  "
                yield Cell(stem, Tone.BESIDE), _fate(show, each.volume, each)
    for number, each in enumerate(orphans, start=len(seen.changes) + 1):
        name = f"{each.workload}/{each.volume}"
        yield Cell(_branch(number, rows), Tone.BESIDE), _fate(show, name, each)
    yield (Cell(_counts(show, seen)),)


def _branch(number: int, rows: int) -> str:
    return "└─ " if number == rows else "├─ "


def _change(show: Show, change: Change, longest: int) -> Cell:
    sign, tone = SIGNS[change.act]
    said = show.told(f"plan {change.act}", before=change.before, after=change.after)
    return Cell(f"{sign} {change.workload.ljust(longest)}  {said}", tone)


def _fate(show: Show, name: str, fate: DataFate) -> Cell:
    tone = {Fate.KEPT: Tone.BESIDE, Fate.CREATED: Tone.GOOD}.get(fate.fate, Tone.DOUBTFUL)
    facts = {"workload": fate.workload, "before": fate.before, "after": fate.after}
    return Cell(show.told(f"data {fate.fate}", name=name, size=size(fate.size), **facts), tone)


def _counts(show: Show, seen: Outlook) -> str:
    """One line: how many of each."""
    counted = [
        (act, sum(each.act is act for each in seen.changes))
        for act in (Act.CREATE, Act.RUN, Act.REPLACE, Act.SCALE, Act.REMOVE, Act.KEEP)
    ]
    return show.told("list comma").join(
        show.told(f"count {act}", count=count) for act, count in counted if count
    )


def _longest(seen: Outlook) -> int:
    return max((len(each.workload) for each in seen.changes), default=0)
