"""Flow: from a question to its answer, as a graph: retrieve, look again where it helps, answer."""

# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# LangGraph leaves type arguments of its own open.

import asyncio
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Literal, Required, TypedDict, cast

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph

from seaway.ai.rag.conversations import Turn
from seaway.ai.rag.fusion import Candidate, fused
from seaway.ai.rag.library import Kept, Library
from seaway.ai.rag.model import Model
from seaway.ai.rag.prompts import NOT_FOUND, messages
from seaway.ai.rag.terms import asked
from seaway.ai.rag.vectors import Vectors, kind_of
from seaway.serving.metrics import Histogram

EACH = 80
"""Passages taken from each of the two searches; who is in one only is taken for 0 in the other."""
_LEAST = 0.0
"""Similarity below which a passage is not even counted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A passage that was found, and how good it is."""

    kept: Kept
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class Sources:
    """What the model is shown; the first of what comes out of the flow."""

    shown: tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """The last of what comes out: whether there is an answer, and whether it is complete."""

    found: bool
    complete: bool = True


Event = Sources | Token | Written


class _State(TypedDict, total=False):
    question: Required[str]
    collection: Required[str]
    turns: Required[tuple[Turn, ...]]
    sought: Required[str]
    """What is searched for: the question, or in the second round with the one before it."""
    sources: tuple[Source, ...]


class Retriever:
    """Both searches, fused."""

    def __init__(self, library: Library, vectors: Vectors, name: str) -> None:
        self._library, self._vectors, self._name = library, vectors, name
        self.duration = Histogram("rag_retrieval_seconds", "Both searches, and the passages.")

    async def ranked(self, collection: str, question: str, limit: int) -> tuple[Source, ...]:
        """The best passages, whether or not they support an answer.

        Raises:
            Refusal: one of the searches does not answer.
        """
        since = perf_counter()
        kind = kind_of(self._name, collection)
        try:
            async with asyncio.TaskGroup() as both:
                words = both.create_task(self._library.find(collection, asked(question), EACH))
                likes = both.create_task(self._vectors.like(kind, question, _LEAST, EACH))
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        candidates = fused(words.result(), likes.result())
        kept = await self._library.passages(collection, [each.passage for each in candidates])
        there = [each for each in candidates if each.passage in kept][:limit]
        self.duration.note(perf_counter() - since)
        return tuple(Source(kept=kept[each.passage], candidate=each) for each in there)


class Flow:
    """The graph, made once; it keeps nothing of a question."""

    def __init__(self, retriever: Retriever, model: Model, passages: int) -> None:
        self._retriever, self._model, self._passages = retriever, model, passages
        self.told = f"{model.name} {passages}"
        """What an answer depends on beside the question and the documents."""
        graph = StateGraph(_State)
        graph.add_node("retrieve", self._retrieve)
        graph.add_node("widen", self._widen)
        graph.add_node("answer", self._answer)
        graph.add_edge(START, "retrieve")
        graph.add_conditional_edges("retrieve", self._next)
        graph.add_edge("widen", "retrieve")
        graph.add_edge("answer", END)
        self._graph = graph.compile(name="rag")

    async def run(
        self, question: str, collection: str, turns: Sequence[Turn]
    ) -> AsyncGenerator[Event]:
        """Sources, tokens, and how it ended; sources alone when nothing supports an answer.

        Raises:
            Refusal: something that is needed does not answer, or the answer broke off.
        """
        state = _State(question=question, collection=collection, turns=tuple(turns),
                       sought=question)  # fmt: skip
        async for event in self._graph.astream(state, stream_mode="custom"):
            yield cast("Event", event)

    async def _retrieve(self, state: _State) -> dict[str, object]:
        ranked = await self._retriever.ranked(state["collection"], state["sought"], self._passages)
        return {"sources": tuple(each for each in ranked if each.candidate.supports)}

    def _next(self, state: _State) -> Literal["answer", "widen", "__end__"]:
        if state.get("sources"):
            return "answer"
        return "widen" if state["turns"] and state["sought"] == state["question"] else "__end__"

    def _widen(self, state: _State) -> dict[str, object]:
        """`And how much of it?` says little without what was asked before."""
        return {"sought": f"{state['turns'][-1].question} {state['question']}"}

    async def _answer(self, state: _State) -> dict[str, object]:
        write = get_stream_writer()
        sources = state.get("sources", ())
        write(Sources(sources))
        told = messages(state["question"], [each.kept for each in sources], state["turns"])
        held, begun, complete = "", False, True
        async for piece in self._model.written(told):
            complete = piece.last != "length"
            held += piece.text
            begun = begun or not (_nothing(held) or (_may_be_nothing(held) and not piece.last))
            if begun and held:
                write(Token(held))
                held = ""
        write(Written(found=begun, complete=complete))
        return {}


def _nothing(answer: str) -> bool:
    return not answer.strip() or answer.strip().startswith(NOT_FOUND)


def _may_be_nothing(answer: str) -> bool:
    """Whether it is the beginning of what is said when there is no answer."""
    return NOT_FOUND.startswith(answer.strip())
