"""Clocks are ahead and are set back; what is saved, and what counts as the newest, stays right."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from seaway.engine.restore import Wish, choose
from seaway.engine.saver import Saver
from seaway.model.backup import Backup, Destination, SavedStore, Saving, in_order
from seaway.model.names import Name
from seaway.model.release import Release
from seaway.saving.repository import Repository
from tests.fakes.clock import HandClock
from tests.fakes.place import kept as repository

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
AHEAD = timedelta(days=4 * 365)
SAVING = Saving(store="files", part="s3", destination=Destination(folder="/kept"))


def backup(at: datetime, parent: Backup | None = None) -> Backup:
    files = SavedStore(store="files", part="s3", version="4", at=at)
    return Backup(
        name=f"shop_backup_{at:%Y%m%d_%H%M%S}", stack=Name("shop"), environment="local",
        began=at, ended=at, stores=(files,), parent=parent.name if parent else "",
    )  # fmt: skip


def saver(kept: Repository, clock: HandClock) -> Saver:
    async def the_one(_: Saving) -> Repository:
        return kept

    async def nothing(*_: object) -> None:
        return

    return Saver(
        release=Release(stack=Name("shop"), savings=(SAVING,)), ledger=None, target=None,
        clock=clock, repositories=the_one, save=nothing, drill=nothing, drilled=NOW,
    )  # fmt: skip


@given(st.lists(st.timedeltas(-AHEAD, AHEAD), min_size=1, max_size=8, unique=True), st.randoms())
def test_backups_are_in_the_order_in_which_they_were_taken(leaps, random):
    taken: list[Backup] = []
    for number, leap in enumerate(leaps):
        at = NOW + timedelta(hours=number) + leap
        one = replace(backup(at, taken[-1] if taken else None), name=f"b{number}")
        taken.append(one)
    mixed = random.sample(taken, len(taken))

    assert in_order(mixed) == taken


def test_without_the_one_before_it_its_time_counts():
    """Older ones go; damaged ones cannot be read."""
    first, second = backup(NOW), backup(NOW + timedelta(hours=1))
    third = replace(backup(NOW + timedelta(hours=2)), parent="gone")

    assert in_order([third, second, first]) == [first, second, third]


async def test_a_backup_that_is_dated_ahead_keeps_no_other_from_being_taken():
    """Until its date there would be none: for years."""
    old, ahead = backup(NOW - timedelta(days=2)), backup(NOW + AHEAD)
    clock = HandClock(NOW)

    assert await saver(repository(ahead), clock)._due(SAVING, NOW)
    assert await saver(repository(old, ahead), clock)._due(SAVING, NOW)
    assert not await saver(repository(ahead, backup(NOW)), clock)._due(SAVING, NOW)


async def test_a_pause_after_a_failure_ends_though_the_clock_was_set_back():
    clock = HandClock(NOW)
    one = saver(repository(), clock)
    one._failed["files"] = timedelta(seconds=2), NOW + timedelta(seconds=2)

    assert not await one._due(SAVING, NOW)
    assert await one._due(SAVING, NOW - timedelta(hours=8))


def test_what_is_restored_is_what_was_saved_last():
    first = backup(NOW - timedelta(days=1))
    ahead = backup(NOW + AHEAD, first)
    last = backup(NOW, ahead)

    [part] = choose(repository(first, ahead, last), Wish()).parts

    assert part.backup == last
