"""LuLab's backups by a moved clock (R161): each night at 02:00 in Shanghai, seven are kept."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from seaway.model.backup import Destination, Keep, Saving
from seaway.model.names import Name
from seaway.plan.retention import Dated, superfluous
from seaway.plan.saving import due

ZONE = ZoneInfo("Asia/Shanghai")
BEGUN = datetime(2026, 11, 1, 9, tzinfo=UTC)
SAVING = Saving(
    store=Name("db"), part="postgres", destination=Destination(folder="local"),
    full="0 2 * * *", zone="Asia/Shanghai", keep=Keep(daily=7), point_in_time=timedelta(days=7),
    rpo=timedelta(minutes=1),
)  # fmt: skip


def nights(count: int) -> list[datetime]:
    """When it is saved, the clock moved from one time to the next."""
    times = [BEGUN]
    while len(times) < count:
        times.append(due(SAVING, times[-1], times[-1]))
    return times


def test_it_is_saved_every_night_at_two():
    later = [each.astimezone(ZONE) for each in nights(20)[1:]]

    assert {(each.hour, each.minute) for each in later} == {(2, 0)}
    assert {after - before for before, after in pairwise(later)} == {timedelta(days=1)}


def test_seven_nights_are_kept_and_what_leads_to_any_moment_of_seven_days():
    taken = [Dated(name=f"{each:%m%d}", at=each, chain="1") for each in nights(20)]
    now = taken[-1].at + timedelta(minutes=1)
    for window, kept in ((None, 7), (SAVING.point_in_time, 8)):
        gone = superfluous(taken, SAVING.keep, window, now)

        assert [each.name for each in taken if each.name not in gone] == [
            each.name for each in taken[-kept:]
        ]
