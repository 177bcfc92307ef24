"""When another certificate is asked for: early enough, not all at once, and not too often."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.model.certificate import LONGEST, Certificate

BEGAN = datetime(2026, 3, 1, tzinfo=UTC)
lives = st.timedeltas(min_value=timedelta(seconds=10), max_value=timedelta(days=400))
serials = st.integers(min_value=1, max_value=2**160)


def certificate(life: timedelta, **more) -> Certificate:
    return Certificate(host="a.example", since=BEGAN, until=BEGAN + life, **more)


def test_without_one_it_is_asked_for_at_once():
    assert Certificate(host="a.example").due(BEGAN) == BEGAN


@given(lives, serials)
def test_it_is_renewed_at_two_thirds_of_its_life_or_a_little_before(life, serial):
    due = certificate(life, serial=serial).due(BEGAN)

    assert life * 0.616 <= due - BEGAN <= life * 0.667


def test_certificates_made_together_are_renewed_apart():
    dues = {certificate(timedelta(days=90), serial=each).due(BEGAN) for each in range(1, 51)}

    assert len(dues) == 50
    assert max(dues) - min(dues) > timedelta(hours=5)


@pytest.mark.parametrize(
    ("failures", "minutes"),
    [(1, 1), (2, 3), (3, 9), (4, 27), (5, 81), (6, 243), (9, 720), (99, 720)],
)
def test_the_pauses_after_failures_grow_to_half_a_day(failures, minutes):
    """Let's Encrypt takes five failed tries in an hour for a host."""
    failed = Certificate(host="a.example", failures=failures, tried=BEGAN)

    assert failed.due(BEGAN) == BEGAN + timedelta(minutes=minutes)


@given(lives, st.integers(min_value=1, max_value=40), st.integers(0, 999_999))
def test_an_old_one_leaves_time_for_several_tries(life, failures, microsecond):
    """Whatever lives for a week only must not wait for half of it."""
    tried = BEGAN + life * 0.7
    tried = tried.replace(microsecond=microsecond)
    due = certificate(life, failures=failures, tried=tried).due(tried)

    assert timedelta() < due - tried <= min(LONGEST, life / 20) * 1.1


def test_a_failure_long_ago_does_not_make_it_late():
    failed = certificate(timedelta(days=90), failures=1, tried=BEGAN)

    assert failed.due(BEGAN) == certificate(timedelta(days=90)).due(BEGAN)


def test_it_is_late_when_half_of_the_time_for_renewing_is_over():
    kept = certificate(timedelta(days=90))

    assert not kept.late(BEGAN + timedelta(days=74))
    assert kept.late(BEGAN + timedelta(days=76))
    assert kept.late(BEGAN + timedelta(days=91))
    assert not Certificate(host="a.example").late(BEGAN)
