"""The texts that questions are asked of, and the questions."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
LAST_DECISION = 49
"""Later pages are about what is evaluated here, and might answer what has no answer."""


@dataclass(frozen=True, slots=True)
class Text:
    """One document."""

    id: str
    title: str
    text: str
    markdown: bool = True


@dataclass(frozen=True, slots=True)
class Question:
    """One question. Whoever finds a passage with one of `evidence` has found the answer."""

    text: str
    evidence: tuple[str, ...]
    """None where the texts have no answer."""
    part: str
    """`dev`, by which thresholds may be chosen, or `test`, by which they may not."""
    about: str

    @property
    def group(self) -> str:
        if self.about:
            return "across"
        return "Chinese" if any("\u4e00" <= each <= "\u9fff" for each in self.text) else "English"


def texts() -> Iterator[Text]:
    for line in (HERE / "recipes.jsonl").read_text().splitlines():
        recipe = json.loads(line)
        yield Text(f"recipes/{recipe['name']}", f"{recipe['name']}的做法", recipe["text"])
    for path in sorted((ROOT / "docs/decisions").glob("0*.md")):
        if int(path.name[:4]) <= LAST_DECISION:
            yield _page(path)
    for folder in ("docs/guides", "docs/zh/guides"):
        for name in GUIDES:
            yield _page(ROOT / folder / f"{name}.md")
    licence = (ROOT / "LICENSE").read_text()
    yield Text("LICENSE", "Apache License 2.0", licence, markdown=False)


GUIDES = ("certificates", "gateway", "ingress", "jobs", "local", "secrets", "torture",
          "troubleshooting", "verify")  # fmt: skip


def questions() -> tuple[Question, ...]:
    rows = map(json.loads, (HERE / "questions.jsonl").read_text().splitlines())
    return tuple(
        Question(row["question"], tuple(row["evidence"]), row["set"], row.get("about", ""))
        for row in rows
    )


def _page(path: Path) -> Text:
    text = path.read_text()
    title = text.partition("\n")[0].removeprefix("# ")
    return Text(str(path.relative_to(ROOT)), title, text)
