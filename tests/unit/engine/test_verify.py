"""The runner of journeys: what becomes of a line, in every way that a line can end."""

import asyncio
from datetime import timedelta

import pytest

from seaway.engine.verify import Outcome, Report, verify
from seaway.journey import Both, Evidence, Failed, Journey, Line, NotTried, expect
from tests.fakes.clock import HandClock

PASSED = Evidence(Both("seen", "看到了"), {"answers": 3})


class Visit:
    """Checks that end in every way there is."""

    def __init__(self):
        self.calls = []
        self.tidied = False
        self.begun = asyncio.Event()

    async def passes(self):
        self.calls.append("passes")
        return PASSED

    async def fails(self):
        expect([], Both("one is less", "一比二小"), one=1)

    async def cannot(self):
        raise NotTried(Both("there is no such thing here", "这里没有"))

    async def breaks(self):
        return {}["missing"]

    async def breaks_together(self):
        async with asyncio.TaskGroup() as group:
            group.create_task(self.fails())

    async def lasts(self):
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            self.tidied = True


def line(name, check=None, **more):
    return Line(id=name, says=Both(name, name), check=check, **more)


async def tried(*lines, visit=None, interrupted=None):
    told = []
    visit = visit or Visit()
    journey = Journey(begin=lambda _: visit, lines=lines)
    results = await verify(journey, None, interrupted or asyncio.Event(), told.append)
    assert told == list(results)
    return results


async def test_each_end_of_a_check_has_its_outcome():
    results = await tried(
        line("passes", Visit.passes), line("fails", Visit.fails), line("cannot", Visit.cannot),
        line("breaks", Visit.breaks), line("together", Visit.breaks_together),
        line("later", not_yet=Both("no panels", "没有面板")),
    )  # fmt: skip

    assert [each.outcome.value for each in results] == [
        "passed", "failed", "not tried", "failed", "failed", "not yet",
    ]  # fmt: skip
    assert results[0].evidence == PASSED
    assert results[1].evidence == Evidence(Both("one is less", "一比二小"), {"one": 1})
    assert results[4].evidence == results[1].evidence
    assert results[5].evidence == Evidence(Both("no panels", "没有面板"))


async def test_a_check_that_breaks_off_tells_where():
    """Its author must find the line."""
    [result] = await tried(line("breaks", Visit.breaks))

    assert result.cause.code == "SW913"
    assert result.cause.facts["problem"] == "KeyError: 'missing'"
    assert result.cause.facts["where"].startswith("test_verify.py:")


async def test_what_comes_after_a_failed_line_is_not_tried():
    visit = Visit()

    results = await tried(
        line("fails", Visit.fails), line("later", not_yet=Both("", "")),
        line("after", Visit.passes, after=("fails",)),
        line("after that", Visit.passes, after=("after",)),
        line("after later", Visit.passes, after=("later",)),
        visit=visit,
    )  # fmt: skip

    assert [each.outcome for each in results[2:]] == [Outcome.NOT_TRIED] * 3
    assert results[2].cause.facts == {"lines": "fails"}
    assert visit.calls == []


async def test_a_check_beyond_its_limit_fails_and_tidies_up():
    visit = Visit()

    [result] = await tried(
        line("lasts", Visit.lasts, limit=timedelta(milliseconds=10)), visit=visit
    )

    assert (result.outcome, result.cause.code) == (Outcome.FAILED, "SW912")
    assert visit.tidied


async def test_an_interruption_tidies_up_and_leaves_the_rest_untried():
    visit, interrupted = Visit(), asyncio.Event()
    running = asyncio.create_task(
        tried(line("lasts", Visit.lasts), line("passes", Visit.passes),
              line("later", not_yet=Both("", "")), visit=visit, interrupted=interrupted)
    )  # fmt: skip
    await visit.begun.wait()
    interrupted.set()
    results = await running

    assert [each.outcome.value for each in results] == ["not tried", "not tried", "not yet"]
    assert {each.cause.code for each in results[:2]} == {"SW911"}
    assert visit.tidied
    assert visit.calls == []


@pytest.mark.parametrize(
    ("checks", "passed"),
    [
        ([Visit.passes, None], True),
        ([Visit.passes, Visit.fails], False),
        ([Visit.passes, Visit.cannot], False),
        ([None], False),
        ([], False),
    ],
)
async def test_a_stack_keeps_its_promises_only_if_something_was_seen(checks, passed):
    """A list of things that are not built proves nothing."""
    lines = [
        line(str(number), each, not_yet=None if each else Both("", ""))
        for number, each in enumerate(checks)
    ]
    report = Report(
        stack="mill", environment="local", release=1, addresses=(), begun=HandClock().now(),
        took=timedelta(), results=await tried(*lines),
    )  # fmt: skip

    assert report.passed is passed


@pytest.mark.parametrize(
    "lines",
    [
        (line("twice", Visit.passes), line("twice", Visit.passes)),
        (line("neither"),),
        (line("both", Visit.passes, not_yet=Both("", "")),),
        (line("early", Visit.passes, after=("late",)), line("late", Visit.passes)),
    ],
)
def test_a_journey_that_contradicts_itself_is_refused(lines):
    with pytest.raises(ValueError, match="line"):
        Journey(begin=lambda _: Visit(), lines=lines)


def test_an_expectation_carries_what_was_seen():
    with pytest.raises(Failed, match="late") as caught:
        expect([], Both("late", "晚了"), seconds=3.5)

    assert caught.value.evidence.figures == {"seconds": 3.5}
