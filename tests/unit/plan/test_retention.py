"""What may be removed: never what a promise needs (D11)."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from seaway.model.backup import Keep
from seaway.plan.retention import Dated, superfluous

NOW = datetime(2026, 11, 30, 3, tzinfo=UTC)
KEEPS = st.builds(
    Keep, daily=st.integers(0, 9), weekly=st.integers(0, 4), monthly=st.integers(0, 3)
)
WINDOWS = st.none() | st.timedeltas(timedelta(0), timedelta(days=30))
AGES = st.timedeltas(timedelta(hours=-2), timedelta(days=90))


@st.composite
def histories(draw):
    """Backups as they come: chain after chain, none of them twice at a time."""
    ages = sorted(draw(st.lists(AGES, min_size=1, max_size=40, unique=True)), reverse=True)
    cuts = sorted(draw(st.lists(st.integers(0, len(ages)), max_size=3)))
    return [
        Dated(name=f"b{number:02}", at=NOW - age, chain=f"{sum(cut <= number for cut in cuts)}")
        for number, age in enumerate(ages)
    ]


@given(histories(), KEEPS, WINDOWS)
def test_the_last_one_always_stays(history, keep, window):
    assert history[-1].name not in superfluous(history, keep, window, NOW)


@given(histories(), KEEPS, WINDOWS, st.data())
def test_every_moment_that_could_be_restored_within_the_window_still_can(
    history, keep, window, data
):
    """A moment is reached from the newest backup of its chain before it."""
    since = NOW - (window or timedelta(0))
    if window is None or since >= NOW:
        return
    moment = data.draw(st.datetimes(since.replace(tzinfo=None), NOW.replace(tzinfo=None)))
    before = [each for each in history if each.at <= moment.replace(tzinfo=UTC)]
    left = superfluous(history, keep, window, NOW)

    if before:
        chain = [each for each in before if each.chain == before[-1].chain]
        assert any(each.name not in left for each in chain)


@given(histories(), KEEPS, WINDOWS)
def test_removing_again_removes_nothing_more(history, keep, window):
    left = superfluous(history, keep, window, NOW)
    rest = [each for each in history if each.name not in left]

    assert superfluous(rest, keep, window, NOW) == frozenset()


@given(histories(), st.integers(1, 9))
def test_of_each_of_the_last_days_the_newest_stays(history, days):
    left = superfluous(history, Keep(daily=days), None, NOW)
    newest = {each.at.date(): each.name for each in history}

    assert {newest[day] for day in sorted(newest)[-days:]}.isdisjoint(left)


def test_a_week_of_daily_ones_is_kept_and_the_eighth_goes():
    history = [
        Dated(name=f"b{day}", at=NOW - timedelta(days=day, hours=1)) for day in reversed(range(9))
    ]

    assert superfluous(history, Keep(daily=7), None, NOW) == {"b8", "b7"}
