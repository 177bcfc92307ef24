"""Texts become passages: nothing lost, none too long, headings kept."""

from hypothesis import given
from hypothesis import strategies as st

from seaway.ai.rag.splitting import LONGEST, passages, sentences, width

TEXTS = st.text(alphabet="ab .。\n#`-中文，！？\u3000", max_size=400) | st.text(max_size=200)


@given(TEXTS, st.booleans(), st.integers(10, 80))
def test_nothing_is_lost_and_no_passage_is_too_long(text, markdown, longest):
    found = passages(text, markdown=markdown, longest=longest)

    covered = set[int]()
    for each in found:
        assert text[each.start : each.start + len(each.text)] == each.text
        assert 0 < width(each.text) <= longest
        covered.update(range(each.start, each.start + len(each.text)))
    assert all(each.isspace() for at, each in enumerate(text) if at not in covered)


@given(TEXTS, st.integers(10, 80))
def test_passages_go_on_where_the_one_before_ended_or_earlier(text, longest):
    found = passages(text, markdown=True, longest=longest)

    assert [each.start for each in found] == sorted({each.start for each in found})


def test_a_passage_ends_with_a_sentence_and_repeats_the_last_one():
    text = "".join(f"这是第{n}句话，它说的是第{n}件事情。" for n in range(80))

    found = passages(text, markdown=False)

    assert len(found) > 1
    assert all(each.text.endswith("。") for each in found)
    [first, second, *_] = found
    assert first.start < second.start < first.start + len(first.text)


def test_a_point_inside_of_a_number_a_name_or_an_abbreviation_is_no_end():
    line = "Version 3.5 of seaway.yaml is read, e.g. by Dr. Li. It works! 真的？是的。"

    assert [each.strip() for each in sentences(line)] == [
        "Version 3.5 of seaway.yaml is read, e.g. by Dr. Li.", "It works!", "真的？", "是的。",
    ]  # fmt: skip


def test_headings_stand_above_what_follows_them():
    text = (
        "# A\n\n" + "One. " * 100 + "\n\n## B\n\n" + "Two. " * 300 + "\n\n```\n# no heading\n```\n"
    )

    found = passages(text, markdown=True)

    assert {each.heading for each in found if "Two." in each.text} == {"A", "A > B"}
    assert not any("no heading" in each.heading for each in found)


def test_no_passage_ends_with_a_heading():
    text = "".join(f"# Part {n}\n\n{'word ' * 150}\n\n" for n in range(20))

    for each in passages(text, markdown=True):
        assert not each.text.splitlines()[-1].startswith("#")


def test_a_text_without_any_space_is_cut():
    [*found] = passages("中" * 5000, markdown=False)

    assert all(width(each.text) <= LONGEST for each in found)
    assert sum(len(each.text) for each in found) >= 5000
