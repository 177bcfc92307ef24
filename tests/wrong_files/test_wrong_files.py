"""Each wrong stack file is answered with all its mistakes, in place, in both languages."""

import re
from pathlib import Path

import pytest

from seaway.messages import Language, say, words_of
from tests.unit.stackfile.written import findings_of_file

FILES = sorted(Path(__file__).parent.glob("*.yaml"))
EXPECTED = re.compile(r"^# expect: (SW\d+) (\d+):(\d+)(?: (\w+))?$", re.MULTILINE)
CHINESE = re.compile(r"[\u4e00-\u9fff]")
GAP = re.compile(r"(?<!\{)\{(\w+)\}")


def expected(file: Path) -> list[tuple[int, int, str, str]]:
    found = EXPECTED.findall(file.read_text())
    return sorted((int(line), int(col), code, level or "error") for code, line, col, level in found)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_all_mistakes_are_found_in_place(file):
    """All at once: one run must be enough to mend a file."""
    found = findings_of_file(file)

    said = sorted((each.at.line, each.at.column, each.code, each.severity.value) for each in found)
    assert said == expected(file)


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_what_is_found_is_said_in_both_languages(file, language):
    """A gap without a fact would show as a question mark."""
    for each in findings_of_file(file):
        words = words_of(each.code)
        gaps = set(GAP.findall(words.en + words.zh + words.fix_en + words.fix_zh))
        text, fix = say(each.code, each.facts, language)

        assert gaps <= set(each.facts), each.code
        assert fix
        assert bool(CHINESE.search(text)) == (language is Language.ZH)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_pasted_as_a_secret_is_shown(file):
    for each in findings_of_file(file):
        assert "do-not-show-me" not in repr(each)


def test_there_are_enough_of_them():
    assert len(FILES) >= 25
    assert all(expected(file) for file in FILES)
