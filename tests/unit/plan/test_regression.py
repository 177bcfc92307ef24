"""When a release does worse than it may, from what was measured."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seaway.model.figures import Asked, Figures, together
from seaway.model.workload import Rollout
from seaway.plan.regression import lasting, regression
from seaway.plan.trial import watch, watched
from tests.unit.plan.world import release, workload


def figures(requests, *, failed=0, latency=0.01):
    made = Figures()
    for number in range(requests):
        made.count(Asked(
            at=0, workload="api", instance="api-1", status=500 if number < failed else 200,
            latency=latency, failed=number < failed, cut=False,
        ))  # fmt: skip
    return made


USUAL = figures(1000)


@pytest.mark.parametrize(
    ("conditions", "new", "found"),
    [
        ({"errors": "> 1%"}, figures(100, failed=5), ("errors", "5.0%", "1.0%")),
        ({"errors": "> 1%"}, figures(1000, failed=10), None),
        ({"errors": "> 1%"}, figures(100, failed=2), None),
        ({"errors": "> 1%"}, figures(10, failed=9), None),
        ({"errors": "> 2x"}, figures(1000, failed=3), ("errors", "0.3%", "0.2%")),
        ({"p95": "> 2x"}, figures(100, latency=0.03), ("p95", "30 ms", "20 ms")),
        ({"p95": "> 2x"}, figures(100, latency=0.015), None),
        ({"p95": "> 800ms"}, figures(100, latency=1), ("p95", "1004 ms", "800 ms")),
        ({"p95": "> 1.5 s"}, figures(100, latency=1), None),
        ({}, figures(100, failed=100), None),
    ],
)
def test_a_condition_holds_or_does_not(conditions, new, found):
    """A single failure, or few requests, prove nothing."""
    said = regression("api", conditions, new, USUAL)

    assert (said and said.what) == (found and found[0])
    if said and said.what == "errors":
        assert (said.found, said.limit) == found[1:]
    if said and said.what == "p95":  # counted in steps
        assert abs(float(said.found.split()[0]) / float(found[1].split()[0]) - 1) < 0.04


def test_twice_nothing_is_nothing():
    """Without requests before there is nothing to compare with."""
    assert regression("api", {"p95": "> 2x"}, figures(100, latency=5), Figures()) is None
    assert regression("api", {"p95": "> 2s"}, figures(100, latency=5), Figures()) is not None


def test_how_long_it_must_hold():
    assert lasting({"for": "30s"}) == timedelta(seconds=30)
    assert lasting({}) == timedelta(seconds=10)


@given(st.lists(st.floats(0.0002, 100), min_size=1, max_size=200), st.floats(0.01, 1))
def test_a_percentile_is_off_by_three_of_a_hundred_at_most(latencies, part):
    made = Figures()
    for each in latencies:
        made.count(Asked(at=0, workload="", instance="", status=200, latency=each, failed=False,
                         cut=False))  # fmt: skip

    near = sorted(latencies)
    found = made.quantile(part)

    assert any(abs(found / each - 1) < 0.03 for each in near)
    assert found <= near[-1] * 1.03
    assert found >= near[0] / 1.03


def test_sums_are_of_all_parts():
    whole = together([figures(10, failed=1), figures(20)])

    assert (whole.requests, whole.failed, whole.steps.total()) == (30, 1, 29)


def test_only_what_is_new_is_watched_and_only_where_there_is_a_way_back():
    minute = Rollout(watch=timedelta(minutes=1))
    one, two = (workload("api", argv=(v,), rollout=minute) for v in ("v1", "v2"))
    other = workload("web", rollout=minute)

    assert watched(release(two, other), release(one, other)) == (two,)
    assert watch(release(two, other), release(one, other)) == timedelta(minutes=1)
    assert watched(release(two), None) == ()
    assert watch(release(one), release(one)) == timedelta(0)


def test_an_older_release_is_not_watched_again():
    minute = Rollout(watch=timedelta(minutes=1))
    one, two = (workload("api", argv=(v,), rollout=minute) for v in ("v1", "v2"))
    back = replace(release(one), why="rollback 1", created=datetime(2026, 1, 1, tzinfo=UTC))

    assert watched(back, release(two)) == ()
