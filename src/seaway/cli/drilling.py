"""Drilling: everything is restored into a stack of its own, looked at, and removed again."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from seaway.cli import restoring
from seaway.cli.apply import wanted
from seaway.cli.backup_places import chosen, groups, key_of, target_of
from seaway.cli.drill_journey import toured
from seaway.cli.drill_report import kept
from seaway.cli.place import Place, place
from seaway.cli.restoring import Given
from seaway.cli.show import Show
from seaway.engine.drill import (
    Compared,
    Content,
    Drill,
    compared,
    content,
    exactly,
    restored_content,
    saved_content,
)
from seaway.engine.references import pointed
from seaway.engine.restore import Part, Wish, choose
from seaway.model.backup import Saving
from seaway.model.release import Release
from seaway.ports.ledger import Event
from seaway.stores.clock import SystemClock

HELD, MISSED = "SW861", "SW862"
PATIENCE = timedelta(seconds=30)
"""For the log of a database to get as far as what was looked at."""


async def held(show: Show, here: Place) -> Mapping[str, object]:
    """The signed report; it is kept, and told in the ledger."""
    ledger = here.ledger()
    release = wanted(here, ledger)
    savings = chosen(release)
    aside = place(f"{here.stack}-drill", here.environment)
    async with restoring.emptied(show, aside):
        drill = await _Drilling(show, here, aside, release, savings).held()
    problems = drill.problems(savings)
    file, report = kept(here.state.root, drill, savings, key_of(here))
    facts: dict[str, str | int | float] = {
        "seconds": round(drill.took.total_seconds(), 1), "report": str(file),
        "problems": "; ".join(problems) or "-",
    }  # fmt: skip
    code = MISSED if problems else HELD
    ledger.tell(Event(at=SystemClock().now(), code=code, facts=facts))
    return report


@dataclass(frozen=True, slots=True)
class _Drilling:
    """One drill: what is drilled, and where."""

    show: Show
    here: Place
    aside: Place
    release: Release
    savings: Sequence[Saving]

    async def held(self) -> Drill:
        """All of it; the place aside is empty before, and somebody else's to empty after."""
        clock = SystemClock()
        before = await self._live()
        looked = clock.now()
        given = await self._given(looked)
        restoring.with_secrets(self.aside, self.here, given)
        began = clock.now()
        await restoring.come_up(self.show, self.aside, self.release, given)
        took = clock.now() - began
        after = await self._live()
        parts = {part.store.store: part for each in given for part in each.choice.parts}
        rows = [
            await self._row(each, parts[each.store], looked,
                            (before[each.store], after[each.store]))
            for each in self.savings if each.store in parts
        ]  # fmt: skip
        tour = await toured(self.show, self.here, self.aside, self.release)
        return Drill(
            stack=self.here.stack, environment=self.here.environment, release=self.release.number,
            began=began, took=took, rows=tuple(rows), tour=tour,
        )  # fmt: skip

    async def _live(self) -> Mapping[str, Content]:
        """What those hold that cannot be told from their backup."""
        live = target_of(self.here)
        return {
            each.store: await content(live, self.release, each) if each.part in COMPARED else {}
            for each in self.savings
        }  # fmt: skip

    async def _given(self, looked: datetime) -> list[Given]:
        """All there is, once logs have got as far as what was looked at, or do not get there."""
        clock = SystemClock()
        found = await groups(self.here, self.release, self.savings, key_of(self.here))
        while True:
            given = [
                Given(each, await asyncio.to_thread(choose, each.repository, Wish(), each.stores))
                for each in found
            ]
            logs = [part for each in given for part in each.choice.parts if part.until.position]
            if all(part.as_of > looked for part in logs) or clock.now() - looked > PATIENCE:
                return given
            await clock.sleep_until(clock.now() + timedelta(milliseconds=200))

    async def _row(
        self, saving: Saving, part: Part, looked: datetime, live: tuple[Content, Content]
    ) -> Compared:  # fmt: skip
        target = target_of(self.aside)
        there = await restored_content(target, self.release, saving)
        saved = await asyncio.to_thread(saved_content, part.store)
        moved, differs = 0, tuple[str, ...]()
        if saved is not None:
            same, differs = exactly(saved, there)
        else:
            same, moved, wrong = compared(*live, there)
            if part.as_of >= looked:
                differs = tuple(wrong)
        points = await pointed(target, target_of(self.here), self.release, saving)
        return Compared(
            store=saving.store, part=saving.part, size=part.store.size, as_of=part.as_of,
            lag=max(looked - part.as_of, timedelta(0)), same=same, moved=moved, differs=differs,
            references=points.count, newer=points.newer, dangling=points.dangling,
        )  # fmt: skip


COMPARED = frozenset({"postgres", "redis"})
"""Parts that are compared with what runs, and not with what was read when they were saved."""
