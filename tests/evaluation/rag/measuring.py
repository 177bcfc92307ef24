"""Ask everything, and count."""

import asyncio
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import httpx2

from tests.evaluation.rag.texts import Question, questions, texts

DEPTH = 10
AT_ONCE = 2
_QUOTE = re.compile(r"^(?P<quote>.*?)\s*(?P<marks>(?:\[\d+\]\s*)+)$")
_EVIDENCE = re.compile(r"\s+")


@dataclass(slots=True)
class Asked:
    """A question and what came back."""

    question: Question
    rank: int = 0
    """Of the first passage with the evidence; 0 when it is not among the first ten."""
    answer: str = ""
    found: bool = False
    supported: bool = True
    """Whether each line of the answer stands word for word in the passage that it names."""
    right: bool = False
    """Whether one of those passages has the evidence."""
    top: list[str] = field(default_factory=list)


async def ingested(client: httpx2.AsyncClient) -> int:
    """Passages of all texts."""
    total = 0
    for text in texts():
        answer = await client.post("/v1/documents", json={
            "id": text.id, "title": text.title, "text": text.text, "markdown": text.markdown,
        })  # fmt: skip
        assert answer.status_code == 201, answer.text
        total += answer.json()["passages"]
    return total


async def asked(client: httpx2.AsyncClient) -> list[Asked]:
    """All questions, retrieved and answered."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(question: Question) -> Asked:
        async with turn:
            return await _one(client, question)

    return list(await asyncio.gather(*map(one, questions())))


async def _one(client: httpx2.AsyncClient, question: Question) -> Asked:
    seen = Asked(question)
    answer = await client.post("/v1/search", json={"question": question.text, "limit": DEPTH})
    assert answer.status_code == 200, answer.text
    rows = answer.json()["results"]
    hits = [number for number, row in enumerate(rows, 1) if has(row["passage"], question.evidence)]
    seen.rank = hits[0] if hits else 0
    seen.top = [f"{row['document']} {row['score']}" for row in rows[:3]]
    answer = await client.post("/v1/ask", json={"question": question.text})
    assert answer.status_code == 200, answer.text
    told = answer.json()
    seen.answer, seen.found = told["answer"], told["found"]
    if seen.found:
        passages = {source["n"]: source["passage"] for source in told["sources"]}
        seen.supported = all(_stands(line, passages) for line in seen.answer.splitlines())
        seen.right = any(has(passages[number], question.evidence) for number in told["cited"])
    return seen


def has(text: str, evidence: Iterable[str]) -> bool:
    """Whether one piece of evidence stands in a text; line breaks do not count."""
    flat = _EVIDENCE.sub(" ", text)
    return any(_EVIDENCE.sub(" ", each) in flat for each in evidence)


def _stands(line: str, passages: dict[int, str]) -> bool:
    found = _QUOTE.match(line.strip())
    if not found:
        return not line.strip()
    numbers = [int(each) for each in re.findall(r"\d+", found["marks"])]
    return all(number in passages and has(passages[number], [found["quote"]])
               for number in numbers)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Figures:
    """What is promised, over all questions."""

    questions: int
    recall: float
    """Of questions with an answer, how many have it among the first five passages."""
    invented: int
    """Answers with a line that does not stand word for word in a passage that it names."""
    unfounded: int
    """Answers where the texts have none."""
    unanswerable: int
    answered: float
    """Of questions with an answer, how many get one with the evidence in a passage it names."""


def figures(seen: Sequence[Asked]) -> Figures:
    known = [each for each in seen if each.question.evidence]
    return Figures(
        questions=len(seen),
        recall=_share(known, lambda each: 1 <= each.rank <= 5),
        invented=sum(not each.supported for each in seen),
        unfounded=sum(each.found for each in seen if not each.question.evidence),
        unanswerable=len(seen) - len(known),
        answered=_share(known, lambda each: each.right),
    )  # fmt: skip


def shown(seen: Sequence[Asked], *, verbose: bool) -> None:
    """Print it all.

    `answered`: of questions with an answer, how many got one with the evidence in a passage that it
    names; `misled`: how many got another one; `refused`: of questions without, how many got none.
    """
    print(f"{'':22}{'questions':>10}{'recall@1':>10}{'recall@5':>10}{'recall@10':>10}"
          f"{'answered':>10}{'misled':>10}{'refused':>10}{'invented':>10}")  # fmt: skip
    for part in ("dev", "test", "all"):
        for group in ("Chinese", "English", "across", "all"):
            _row(part, group, [
                each for each in seen
                if part in {"all", each.question.part} and group in {"all", each.question.group}
            ])  # fmt: skip
    if verbose:
        for each in seen:
            _told(each)


def _row(part: str, group: str, seen: Sequence[Asked]) -> None:
    known = [each for each in seen if each.question.evidence]
    rest = [each for each in seen if not each.question.evidence]
    rates = [_share(known, lambda each, most=most: 1 <= each.rank <= most) for most in (1, 5, 10)]
    rates.append(_share(known, lambda each: each.right))
    wrong = [each for each in known if each.found and not each.right]
    rates.append(len(wrong) / len(known) if known else 0.0)
    refused = f"{sum(not each.found for each in rest)}/{len(rest)}"
    print(f"{part:>5}, {group:15}{len(seen):>10}" + "".join(f"{rate:>10.3f}" for rate in rates)
          + f"{refused:>10}{figures(seen).invented:>10}")  # fmt: skip


def _told(each: Asked) -> None:
    if each.question.evidence and each.rank in range(1, 6) and each.right:
        return
    if not each.question.evidence and not each.found:
        return
    print(f"\n{each.question.part}: {each.question.text}\n  evidence {each.question.evidence}"
          f" rank {each.rank} found {each.found} right {each.right}\n  top {each.top}\n"
          f"  answer {each.answer}")  # fmt: skip


def _share(seen: Sequence[Asked], good: Callable[[Asked], bool]) -> float:
    return sum(map(good, seen)) / len(seen) if seen else 1.0


def missing() -> list[str]:
    """Evidence that stands in none of the texts any more."""
    all_texts = [text.text for text in texts()]
    return [
        each for question in questions() for each in question.evidence
        if not any(has(text, [each]) for text in all_texts)
    ]  # fmt: skip


if __name__ == "__main__":
    sys.exit(len(missing()))
