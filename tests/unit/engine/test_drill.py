"""What a drill calls a problem, and what a report says that somebody has changed."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from seaway.cli.drill_page import page
from seaway.cli.drill_report import genuine, history, kept, last_held, problems_of
from seaway.engine.drill import Compared, Drill, Toured, Tried, exactly
from seaway.journey import Both
from seaway.messages import Language
from seaway.model.backup import Destination, Saving
from seaway.model.names import Name

NOW = datetime(2026, 11, 30, 4, tzinfo=UTC)
SAVING = Saving(
    store=Name("db"), part="postgres", destination=Destination(folder="local"),
    rpo=timedelta(minutes=1), rto=timedelta(minutes=5),
)  # fmt: skip
ROW = Compared(
    store="db", part="postgres", size=10, as_of=NOW, lag=timedelta(), same=3, moved=0, references=7
)
DRILL = Drill(
    stack="shop", environment="local", release=1, began=NOW, took=timedelta(seconds=9), rows=(ROW,)
)


def test_what_keeps_its_goals_and_is_the_same_is_no_problem():
    assert DRILL.problems([SAVING]) == ()


def test_each_missed_goal_and_each_difference_is_one():
    row = replace(ROW, lag=timedelta(minutes=2), differs=("t",), dangling=("files/pics/1.jpg",))
    drill = replace(DRILL, rows=(row,), took=timedelta(minutes=6))

    assert drill.problems([SAVING]) == (
        "db: rpo 120.0 s", "db: rto 360.0 s", "db: t differs", "db: files/pics/1.jpg is missing",
    )  # fmt: skip


def test_a_line_of_the_journey_that_failed_on_the_copy_is_one():
    line = Tried(id="page", says=Both("a page", "页面"), passed=False, seen=Both("404", "404"))
    drill = replace(DRILL, tour=Toured(lines=(line, replace(line, id="good", passed=True))))

    assert drill.problems([SAVING]) == ("journey page: 404",)


def test_a_page_shows_the_lines_that_were_tried_or_for_whom_none_was(tmp_path):
    line = Tried(id="page", says=Both("a <page>", "页面"), passed=True, seen=Both("came", "到达"))
    _, tried = kept(tmp_path, replace(DRILL, tour=Toured(lines=(line,))), [SAVING], b"key")
    _, left = kept(tmp_path, replace(DRILL, tour=Toured(real=("sms",))), [SAVING], b"key")

    assert "a &lt;page&gt;" in page(tried, Language.EN)
    assert "sms are not simulated here" in page(left, Language.EN)


def test_what_is_there_and_should_not_be_differs_too():
    saved, restored = {"a": "1", "b": "2"}, {"a": "1", "b": "3", "c": "4"}

    assert exactly(saved, restored) == (1, ("b", "c"))


def test_a_report_is_kept_and_told_from_one_that_was_changed(tmp_path):
    file, report = kept(tmp_path, DRILL, [SAVING], b"key")

    assert last_held(tmp_path) == NOW
    assert [genuine(each, b"key") for each in history(tmp_path)] == [True]
    assert not genuine(report, b"another key")
    file.write_text(file.read_text().replace('"rto_seconds": 9.0', '"rto_seconds": 1.0'))
    assert [genuine(each, b"key") for each in history(tmp_path)] == [False]


def test_a_page_says_the_same_in_both_languages_and_masks_nothing_of_the_problems(tmp_path):
    drill = replace(DRILL, rows=(replace(ROW, differs=("<t>",)),))
    _, report = kept(tmp_path, drill, [SAVING], b"key")

    text = page(report, Language.EN)

    assert problems_of(report) == ["db: <t> differs"]
    assert "db: &lt;t&gt; differs" in text
    assert "Recovery drill of shop" in text and "shop 恢复演练" in text  # noqa: PT018 -- one claim
    assert str(report["signature"]) in text
