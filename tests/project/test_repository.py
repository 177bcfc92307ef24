"""The repository keeps its own rules: sizes, names, languages, documents, nothing private."""

import ast
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from string import Formatter

import pytest

from seaway.messages import Words
from seaway.messages.say import CATALOGUE
from tools import shape

ROOT = Path(__file__).resolve().parents[2]
DECISIONS = ROOT / "docs" / "decisions"
READMES = (ROOT / "README.md", ROOT / "README.zh-CN.md")

REFUSED_NAMES = {"utils", "common", "helpers", "misc", "base", "manager"}

# One letter of each stands in brackets, so that this file does not contain what it looks for.
PRIVATE = {
    "a path of one machine": r"/w[o]rk/(main|shared|\.)|/r[o]ot/\.|/h[o]me/(?!user\b|you\b)\w+/",
    "an address of a package registry": r"pyp[i]\.org|pythonh[o]sted\.org|npm[j]s\.(org|com)"
    r"|npmmirr[o]r\.com|deb\.d[e]bian\.org|proxy\.g[o]lang\.org",
}
LIST_FILES = "git -c safe.directory=* ls-files -z --cached --others --exclude-standard"


def tracked() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    # The checkout may belong to someone else, as in a container.
    listing = subprocess.run(
        LIST_FILES.split(), cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    files = [ROOT / name for name in listing.split("\0") if name]
    return [file for file in files if file.is_file()]


def words(file: Path) -> str:
    """The text of a file; nothing for a picture or an archive."""
    content = file.read_bytes()
    return "" if b"\0" in content else content.decode("utf-8")


def code_blocks(markdown: str) -> list[str]:
    return re.findall(r"^```.*?^```", markdown, flags=re.MULTILINE | re.DOTALL)


def headings(markdown: str) -> list[str]:
    prose = re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^(#+) ", prose, flags=re.MULTILINE)


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


# ------------------------------------------------------------------------------------- the code


def test_no_file_is_longer_than_can_be_read_in_one_go():
    assert shape.too_large(shape.sources()) == ()


def test_no_function_is_long_without_a_reason():
    """A reason is a comment `# long: why` on the line of the def or above it."""
    assert [str(one) for one in shape.too_long(shape.functions(shape.sources()))] == []


def test_nine_of_ten_functions_are_short():
    """The p90 tells code that people call easy from code that merely works."""
    lengths = [one.length for one in shape.functions(shape.sources())]

    assert shape.percentile(lengths, 0.9) <= shape.NINE_OF_TEN


def test_the_measure_counts_code_and_not_words(tmp_path):
    file = tmp_path / "sample.py"
    file.write_text('def f():\n    """One.\n\n    Two."""\n    # why\n\n    x = 1\n    return x\n')

    [found] = shape.functions([file])

    assert found.length == 3


def test_a_long_function_may_give_its_reason(tmp_path):
    file = tmp_path / "sample.py"
    body = "    x = 1\n" * 50
    file.write_text(f"def bare():\n{body}\n\n# long: a table\ndef excused():\n{body}")

    assert [one.name for one in shape.too_long(shape.functions([file]))] == ["bare"]


def test_every_module_says_what_it_is_for():
    silent = [
        file.relative_to(ROOT).as_posix()
        for file in shape.sources()
        if not ast.get_docstring(ast.parse(file.read_text()))
    ]

    assert silent == []


def test_no_module_is_named_for_leftovers():
    """What is put into `utils` is not found again."""
    assert [file for file in shape.sources() if file.stem in REFUSED_NAMES] == []


# ----------------------------------------------------------------------------------- the words


def test_there_are_words_to_say():
    assert CATALOGUE


@pytest.mark.parametrize("code", sorted(CATALOGUE))
def test_both_languages_say_the_same(code):
    """A gap that only one language names leaves the other reader without the fact."""
    said: Words = CATALOGUE[code]

    assert said.en.strip()
    assert said.zh.strip()
    assert gaps(said.en) == gaps(said.zh)
    assert bool(said.fix_en) == bool(said.fix_zh)
    assert gaps(said.fix_en) == gaps(said.fix_zh)


def test_no_code_is_given_twice():
    """The catalogue is put together from areas: a later one must not replace an earlier one."""
    codes = [
        key.value
        for file in (ROOT / "src" / "seaway" / "messages").glob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Dict)
        for key in node.keys
        if isinstance(key, ast.Constant) and re.fullmatch(r"SW\d+", str(key.value))
    ]

    assert sorted(codes) == sorted(set(codes))


# ------------------------------------------------------------------------------- the documents


def test_both_readmes_have_the_same_shape():
    english, chinese = (file.read_text() for file in READMES)

    assert headings(english) == headings(chinese)


def test_both_readmes_show_the_same_commands():
    english, chinese = (file.read_text() for file in READMES)

    assert code_blocks(english) == code_blocks(chinese)


def test_the_change_log_has_a_place_for_what_is_new():
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text()


def test_every_decision_is_in_the_index():
    index = (DECISIONS / "README.md").read_text()
    pages = sorted(DECISIONS.glob("[0-9]*.md"))

    assert [page.name for page in pages if f"({page.name})" not in index] == []
    assert re.findall(r"\((\d{4}-[\w-]+\.md)\)", index) == [page.name for page in pages]


def test_decisions_are_numbered_without_gaps():
    """A number is a name: it is given once."""
    numbers = [int(page.name[:4]) for page in sorted(DECISIONS.glob("[0-9]*.md"))]

    assert numbers[0] == 1
    assert all(after == before + 1 for before, after in pairwise(numbers))


@pytest.mark.parametrize("page", sorted(DECISIONS.glob("[0-9]*.md")), ids=lambda page: page.stem)
def test_a_decision_is_short_and_complete(page):
    _, *lines = [line for line in page.read_text().splitlines() if line]
    labels = [found[1] for line in lines if (found := re.match(r"- \*\*(\w+)\.\*\*", line))]

    assert labels == ["What", "Why", "Alternatives", "Evidence", "Consequence"]
    assert len(lines) <= 8


def test_links_between_documents_lead_somewhere():
    broken = [
        f"{file.relative_to(ROOT)}: {target}"
        for file in tracked()
        if file.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)", file.read_text())
        if "://" not in target and not (file.parent / target).exists()
    ]

    assert broken == []


# ------------------------------------------------------------------------------ what is not said


@pytest.mark.parametrize("what", sorted(PRIVATE))
def test_no_file_names(what):
    """Paths and addresses of one machine mean nothing on another, and a mirror must serve too."""
    pattern = re.compile(PRIVATE[what])
    found = [
        f"{file.relative_to(ROOT)}:{number}"
        for file in tracked()
        for number, line in enumerate(words(file).splitlines(), start=1)
        if pattern.search(line)
    ]

    assert found == []


def test_what_is_started_can_be_started():
    commands = [*(ROOT / "bin").iterdir(), ROOT / ".ci" / "run"]

    assert [file.name for file in commands if not file.stat().st_mode & 0o111] == []
