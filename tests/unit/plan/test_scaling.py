"""Numbers of copies follow the load, without swinging (R171, R172, R8)."""

import itertools
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.model.scaling import APART, Scaling
from seaway.plan.scaling import OUT, Course, Reading, decided, wished

BEGIN = datetime(2026, 11, 30, tzinfo=UTC)
LOOK = timedelta(seconds=5)
HEARTALK = Scaling(least=2, most=10, cpu=0.7, rps=150, p95=2.0)
"""R171: out over 70 % of a processor, 2 s, or 300 requests/s on two copies."""


def run(
    scaling: Scaling, seconds: int, reading: Callable[[int, int], Reading], copies: int = 2
) -> list[int]:
    """The number after each look; `reading` gets seconds and the number there is."""
    course, numbers = Course(), []
    for step in range(seconds // int(LOOK.total_seconds())):
        at = step * int(LOOK.total_seconds())
        now = BEGIN + timedelta(seconds=at)
        decision = decided(scaling, course, reading(at, copies), copies, now)
        course, copies = decision.course, decision.copies
        numbers.append(copies)
    return numbers


@pytest.mark.parametrize(
    ("reading", "copies", "by"),
    [
        (Reading(copies=2, cpu=0.7), 2, "cpu"),
        (Reading(copies=2, cpu=0.76), 2, "cpu"),  # a little over is noise
        (Reading(copies=2, cpu=1.4), 4, "cpu"),
        (Reading(copies=2, rps=900), 6, "rps"),
        (Reading(copies=2, p95=2.5), 3, "p95"),
        (Reading(copies=2, cpu=0.1, rps=10, p95=0.1), 2, "cpu"),  # never below the least
        (Reading(copies=2, cpu=1.4, rps=9000), 10, "rps"),  # never above the most
        (Reading(copies=2), 2, ""),  # nobody could tell
    ],
)
def test_what_a_moment_asks_for(reading, copies, by):
    wish = wished(HEARTALK, reading, 2)

    assert wish.copies == copies
    assert wish.by == by or copies == 2


def test_workers_follow_the_jobs_that_wait():
    workers = Scaling(least=1, most=8, queue="jobs", waiting=50)

    assert wished(workers, Reading(copies=1, waiting=0), 1).copies == 1
    assert wished(workers, Reading(copies=1, waiting=101), 1).copies == 3
    assert wished(workers, Reading(copies=3, waiting=5000), 3).copies == 8


def test_out_after_half_a_minute_and_in_by_one_after_five():
    """R172, with the load of heartalk's rule for ten minutes."""
    loaded = 600  # seconds

    def reading(at: int, copies: int) -> Reading:
        return Reading(copies=copies, rps=900 if at < loaded else 0)

    numbers = run(HEARTALK, 2400, reading)
    out = next(index for index, number in enumerate(numbers) if number == 6) * 5
    down = [index * 5 for index in range(1, len(numbers)) if numbers[index] < numbers[index - 1]]

    assert out == OUT.total_seconds()
    assert set(numbers[: loaded // 5][7:]) == {6}
    assert down[0] >= loaded + 300 - 5
    assert all(numbers[at // 5] == numbers[at // 5 - 1] - 1 for at in down)
    assert all(later - earlier >= 60 for earlier, later in itertools.pairwise(down))
    assert numbers[-1] == 2


def test_a_short_peak_changes_nothing():
    def reading(at: int, copies: int) -> Reading:
        return Reading(copies=copies, rps=3000 if at % 60 < 20 else 100)

    assert set(run(HEARTALK, 1200, reading)) == {2}


def test_what_is_still_starting_is_waited_for():
    def reading(at: int, copies: int) -> Reading:
        return Reading(copies=2, cpu=2.0)  # new copies never become ready

    assert max(run(HEARTALK, 900, reading)) == 6


def test_a_number_outside_of_new_limits_is_put_right_at_once():
    assert run(HEARTALK, 5, lambda _, copies: Reading(copies=copies), copies=1) == [2]
    assert run(HEARTALK, 5, lambda _, copies: Reading(copies=copies), copies=40) == [10]


readings = st.lists(
    st.builds(
        Reading, copies=st.just(0), cpu=st.none() | st.floats(0, 4),
        rps=st.none() | st.floats(0, 1e5), p95=st.none() | st.floats(0, 60),
        waiting=st.none() | st.integers(0, 10**6),
    ),
    min_size=50, max_size=100,
)  # fmt: skip


@given(readings)
def test_on_any_noise_the_number_stays_within_limits_and_never_swings(noise: Sequence[Reading]):
    """R8: at most one change of direction in a minute."""
    course, copies, now = Course(), 2, BEGIN
    scaling = Scaling(least=2, most=10, cpu=0.7, rps=150, p95=2, queue="j", waiting=9,
                      quiet=APART)  # fmt: skip
    changes: list[tuple[datetime, int]] = []
    for each in noise:
        now += LOOK
        decision = decided(scaling, course, _with(each, copies), copies, now)
        assert scaling.least <= decision.copies <= scaling.most
        assert decision.copies >= copies - 1
        if decision.copies != copies:
            changes.append((now, decision.copies - copies))
        course, copies = decision.course, decision.copies
    turns = [
        (late[0] - early[0]) for early, late in itertools.pairwise(changes)
        if (early[1] > 0) != (late[1] > 0)
    ]  # fmt: skip
    assert all(each >= APART for each in turns)


def _with(reading: Reading, copies: int) -> Reading:
    return Reading(copies=copies, cpu=reading.cpu, rps=reading.rps, p95=reading.p95,
                   waiting=reading.waiting)  # fmt: skip
