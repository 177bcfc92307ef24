"""Fusion: two lists of passages, one by words and one by likeness, become one.

Both searches say how good a passage is from 0 to 1, whatever else there is, so their figures are
added. Reciprocal ranks, which know only the order, were measured beside it (docs/decisions/0061).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seaway.ai.rag.library import Found
from seaway.ai.rag.vectors import Like

SUPPORTS = 0.38
"""Sum of both figures from which a passage may support an answer; below, it is about something
else. Chosen by the `dev` half of tests/evaluation/rag: no passage with an answer is below."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A passage that one of the searches has found, or both."""

    passage: int
    covered: float
    """How much of the question's words it has, rare ones counting more."""
    similarity: float

    @property
    def score(self) -> float:
        """From 0 to 2."""
        return self.covered + self.similarity

    @property
    def supports(self) -> bool:
        """Whether it is worth showing to the model."""
        return self.score >= SUPPORTS


def fused(words: Sequence[Found], likes: Sequence[Like]) -> list[Candidate]:
    """Best first."""
    covered = {each.passage: each.covered for each in words}
    alike = {each.passage: each.similarity for each in likes}
    found = (
        Candidate(each, covered.get(each, 0.0), max(alike.get(each, 0.0), 0.0))
        for each in {**covered, **alike}
    )
    return sorted(found, key=lambda each: (-each.score, each.passage))
