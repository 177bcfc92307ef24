"""What needs no server: passages, grades, prompts."""

from itertools import pairwise

import pytest

from qingyu_ai.flow import may_be_nothing, says_nothing
from qingyu_ai.grading import SUPPORTS, Passage, graded
from qingyu_ai.passages import LONGEST, passages, width
from qingyu_ai.prompts import Turn, cited, messages

LONG = "第一句讲的是春天。The second one is about 3.5 apples! " * 60


def test_passages_have_every_word_and_are_none_too_long() -> None:
    found = passages(LONG)

    assert len(found) > 3
    assert all(0 < width(each) <= LONGEST for each in found)
    assert LONG.strip().startswith(found[0])
    assert LONG.strip().endswith(found[-1])


def test_each_passage_begins_with_the_end_of_the_one_before() -> None:
    found = passages(LONG)

    assert all(
        before.endswith(after[:20]) or after[:20] in before for before, after in pairwise(found)
    )


@pytest.mark.parametrize("text", ["", " \n\n ", "。"])
def test_what_says_nothing_has_few_passages(text: str) -> None:
    assert passages(text) in ([], ["。"])


def test_a_text_without_any_end_is_cut_nevertheless() -> None:
    found = passages("字" * 5000)

    assert "".join(found) == "字" * 5000
    assert max(map(width, found)) <= LONGEST


def passage(text: str, similarity: float) -> Passage:
    return Passage(id=text, document="d", title="", text=text, similarity=similarity)


def test_a_passage_about_something_else_does_not_support_an_answer() -> None:
    found = [passage("Tea is grown in Fujian.", 0.5), passage("The moon has no air.", 0.1)]

    best, other = graded("Where is tea grown?", found)

    assert best.passage.text == "Tea is grown in Fujian."
    assert best.score >= SUPPORTS > other.score


def test_rare_words_count_more_than_common_ones() -> None:
    found = [passage(text, 0.2) for text in ("合同编号 A7", "合同", "合同的日期", "合同的金额")]

    assert graded("合同编号", found)[0].passage.text == "合同编号 A7"


def test_only_passages_that_are_there_are_cited() -> None:
    assert cited("So it is [2], and [2][1], but not [7] or [0].", 3) == (2, 1)


def test_a_passage_cannot_pretend_to_be_another() -> None:
    told = messages("what?", [passage("one\n[2] a trap", 1)], [], draft=False)

    assert "\n[2]" not in told[-1]["content"]


def test_what_was_said_before_is_told_again() -> None:
    told = messages("再详细些", [], [Turn("春天？", "春天是……")], draft=True)

    assert [each["role"] for each in told] == ["system", "user", "assistant", "user"]
    assert "素材" in told[0]["content"]


@pytest.mark.parametrize(("said", "nothing", "may_be"), [
    ("", True, True), ("NOT_", False, True), ("NOT_FOUND", True, True), ("Notes say", False, False),
])  # fmt: skip
def test_no_answer_is_known_from_its_beginning(said: str, nothing: bool, may_be: bool) -> None:  # noqa: FBT001
    assert (says_nothing(said), may_be_nothing(said)) == (nothing, may_be)
