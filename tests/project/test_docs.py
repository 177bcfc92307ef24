"""What the documents show holds: files resolve, pages are current, links lead somewhere."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from seaway import wiring
from seaway.cli.main import COMMANDS, LATER
from seaway.components import KINDS
from seaway.components.ingress import Ingress, RouteForm, SiteForm
from seaway.errors import InvalidStack
from seaway.messages import Language
from seaway.model.fields import models_in, names_of
from seaway.model.finding import Finding, Severity
from seaway.stackfile.form import FileForm
from seaway.wiring import StackOptions
from tools import consoles
from tools.reference import __main__ as reference
from tools.reference import commands, findings
from tools.reference.markdown import slug

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", ROOT / "README.zh-CN.md", *sorted(DOCS.rglob("*.md"))]
STACKS = sorted((ROOT / "stacks").glob("*/README*.md"))
MISSING_FILE = "SW164"
"""A block does not bring the files that it names."""

SAMPLE = re.compile(
    r"^(?:<!-- errors: (?P<errors>[\w ]+) -->\n)?(?:<!-- file: \S+ -->\n)?"
    r"```yaml\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
TWINS = [
    (ROOT / "README.md", ROOT / "README.zh-CN.md"),
    *((page, DOCS / "zh" / page.relative_to(DOCS)) for page in sorted((DOCS / "guides").glob("*"))),
    (DOCS / "tutorial.md", DOCS / "zh" / "tutorial.md"),
]


def samples() -> Iterator[tuple[str, str, frozenset[str]]]:
    """Each stack file shown: where, its text, and the errors that it is there to show."""
    for page in (*PAGES, *STACKS):
        for number, found in enumerate(SAMPLE.finditer(page.read_text()), start=1):
            if found["text"].lstrip().startswith("seaway: 1"):
                expected = frozenset((found["errors"] or "").split())
                yield f"{page.relative_to(ROOT)}-{number}", found["text"], expected


SAMPLES = list(samples())


def errors_of(file: Path) -> set[str]:
    """The codes of all errors in a stack file, but for files that are not there."""
    try:
        found = wiring.resolved(wiring.read_stack(StackOptions(file=file))).findings
    except InvalidStack as error:
        found = tuple(each for each in error.findings if isinstance(each, Finding))
    return {each.code for each in found if each.severity is Severity.ERROR} - {MISSING_FILE}


# ----------------------------------------------------------------------------------- stack files


def test_there_are_stack_files_to_try():
    assert len(SAMPLES) > 8


@pytest.mark.parametrize(
    ("text", "expected"), [each[1:] for each in SAMPLES], ids=[each[0] for each in SAMPLES]
)
def test_a_stack_file_that_is_shown_resolves(text, expected, tmp_path):
    """Readers copy it; where a mistake is the point, it is marked `<!-- errors: CODE -->`."""
    file = tmp_path / "seaway.yaml"
    file.write_text(text)

    assert errors_of(file) == set(expected)


# ------------------------------------------------------------------------------- generated pages


def test_generated_pages_are_current():
    """`just docs` writes them."""
    assert reference.stale() == ()


@pytest.mark.parametrize("language", Language)
def test_every_command_has_its_entry(language):
    page = commands.page(language)
    listed = [name for name in COMMANDS if not name.startswith("_")]

    assert [name for name in listed if f"\n## seaway {name}\n" not in page] == []
    assert [name for name in LATER if f"`{name}`" not in page] == []


def test_every_exit_status_is_explained():
    assert set(commands.MEANINGS) == {0, *commands.statuses()}


@pytest.mark.parametrize("language", Language)
def test_every_code_has_its_entry(language):
    page = findings.page(language)

    assert findings.codes()
    assert [code for code in findings.codes() if page.count(f'id="{code}"') != 1] == []


def test_every_setting_has_its_entry():
    text = (DOCS / "reference" / "stack-file.md").read_text()
    models = {
        model
        for each in (FileForm, Ingress, SiteForm, RouteForm, *KINDS)
        for model in models_in(each)
        if model.__name__ != "Replicas"  # written as a number or a range
    }
    names = {name for model in models for name in names_of(model)}

    assert sorted(name for name in names if f"| `{name}` |" not in text) == []


def test_every_code_of_doctor_has_advice():
    text = (DOCS / "guides" / "troubleshooting.md").read_text()
    diagnoses = [code for code in findings.codes() if "SW640" <= code <= "SW699"]

    assert [code for code in diagnoses if f"findings.md#{code})" not in text] == []


def test_codes_named_in_a_page_exist():
    named = {
        code
        for page in PAGES
        if "reference" not in page.parts
        for code in re.findall(r"\bSW\d{3}\b", page.read_text())
    }

    assert named - set(findings.codes()) == set()


# ------------------------------------------------------------------------------------ both sides


def shown(page: Path) -> list[str]:
    """Blocks of code; of console blocks only what is typed, since the answers are translated."""
    blocks = [found[0] for found in FENCED.finditer(page.read_text())]
    return [
        "\n".join(line for line in block.splitlines() if line.startswith("$ "))
        if block.startswith("```console")
        else block
        for block in blocks
    ]


@pytest.mark.parametrize(("page", "twin"), TWINS, ids=lambda page: page.name)
def test_both_languages_show_the_same(page, twin):
    assert shown(twin) == shown(page)


@pytest.mark.parametrize(("page", "twin"), TWINS, ids=lambda page: page.name)
def test_both_languages_have_the_same_headings(page, twin):
    def levels(file: Path) -> list[str]:
        return re.findall(r"^(#+) ", FENCED.sub("", file.read_text()), flags=re.MULTILINE)

    assert levels(twin) == levels(page)


# ----------------------------------------------------------------------------------------- links


def anchors(page: Path) -> set[str]:
    """Where a link into the page can lead: its headings and its own marks."""
    text = FENCED.sub("", page.read_text())
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {slug(each) for each in headings} | set(re.findall(r'<a id="(\w+)">', text))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_a_place_in_a_page(page):
    links = re.findall(r"\]\(([^)\s]*)#([^)\s]+)\)", FENCED.sub("", page.read_text()))
    broken = [
        f"{path}#{anchor}"
        for path, anchor in links
        if "://" not in path and anchor not in anchors((page.parent / path) if path else page)
    ]

    assert broken == []


def test_every_page_can_be_reached():
    """From the README, by following links."""
    seen: set[Path] = set()
    waiting = [ROOT / "README.md", ROOT / "README.zh-CN.md"]
    while waiting:
        page = waiting.pop()
        if page.suffix != ".md" or page in seen or not page.is_file():
            continue
        seen.add(page)
        links = re.findall(r"\]\(([^)#\s]+)", page.read_text())
        waiting += [(page.parent / target).resolve() for target in links]

    assert [page.relative_to(ROOT).as_posix() for page in PAGES if page not in seen] == []


# -------------------------------------------------------------------------------------- consoles


def test_what_differs_from_run_to_run_is_not_compared():
    one = "12:00:01.250 api-0a1b2c | ok\napi  1/1  5s   127.0.0.1:20001\n"
    other = "23:59:59.001 api-ffffff | ok\napi  1/1  12s  127.0.0.1:18003\n"

    assert consoles.same(one, other)


def test_what_is_said_is_compared():
    assert not consoles.same(
        "visit 1, answered by api-0a1b2c\n", "visit 2, answered by api-0a1b2c\n"
    )


def test_a_console_block_is_run_and_its_files_are_written():
    page = (
        "<!-- file: greeting.txt -->\n```text\nhello\n```\n\n```console\n$ cat greeting.txt\n```\n"
    )

    assert consoles.replayed(page, "en").endswith("```console\n$ cat greeting.txt\nhello\n```\n")
