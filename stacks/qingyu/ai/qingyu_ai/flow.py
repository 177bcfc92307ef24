"""Leads from a request to its answer, as a graph: retrieve, grade, then write or refuse."""

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Required, TypedDict

from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph

from qingyu_ai.grading import SUPPORTS, Graded, graded
from qingyu_ai.library import Library
from qingyu_ai.model import Model
from qingyu_ai.prompts import NOT_FOUND, Turn, messages, nothing
from qingyu_ai.vectors import Vectors

CANDIDATES = 24
"""Passages that the search gives to be graded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is wanted, from whose documents, and what was said before."""

    owner: str
    text: str
    draft: bool
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True, slots=True)
class Sources:
    """What the answer is made from; the first of what comes out of the flow, and only once."""

    shown: tuple[Graded, ...]


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """The last of what comes out: whether the documents had anything to say."""

    found: bool


Event = Sources | Token | Written


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """Which models write, and how many passages they are shown."""

    ask: str
    draft: str
    passages: int


class State(TypedDict, total=False):
    """What the nodes tell each other."""

    request: Required[Request]
    sought: Required[str]
    """What is searched for: the question, or in the second round with the one before it."""
    found: list[Graded]
    sources: tuple[Graded, ...]


class Flow:
    """The graph, made once; it keeps nothing of a request."""

    def __init__(self, library: Library, vectors: Vectors, model: Model, choice: Choice) -> None:
        self._library, self._vectors = library, vectors
        self._model, self._choice = model, choice
        graph = StateGraph(State)
        for node in (self._retrieve, self._grade, self._widen, self._write, self._refuse):
            graph.add_node(node.__name__.strip("_"), node)
        graph.add_edge(START, "retrieve")
        graph.add_edge("retrieve", "grade")
        graph.add_conditional_edges("grade", self._next)
        graph.add_edge("widen", "retrieve")
        graph.add_edge("write", END)
        graph.add_edge("refuse", END)
        self._graph = graph.compile(name="qingyu")

    async def run(self, request: Request) -> AsyncGenerator[Event]:
        """Yield the sources, the answer piece by piece, and how it ended.

        Raises:
            UnavailableError: something that is needed does not answer, or the answer broke off.
            RefusedError: the model will not.
        """
        state = State(request=request, sought=request.text)
        async for event in self._graph.astream(state, stream_mode="custom"):
            if isinstance(event, Event):  # the nodes tell nothing else
                yield event

    async def _retrieve(self, state: State) -> dict[str, Any]:
        owner = state["request"].owner
        alike = await self._vectors.near(state["sought"], owner, CANDIDATES)
        there = await self._library.passages(owner, alike) if alike else ()
        return {"found": graded(state["sought"], there)}

    def _grade(self, state: State) -> dict[str, Any]:
        good = [each for each in state["found"] if each.score >= SUPPORTS]
        return {"sources": tuple(good[: self._choice.passages])}

    def _next(self, state: State) -> Literal["write", "widen", "refuse"]:
        request = state["request"]
        if state["sources"]:
            return "write"
        if request.turns and state["sought"] == request.text:
            return "widen"
        return "write" if request.draft else "refuse"

    def _widen(self, state: State) -> dict[str, Any]:
        """`And in spring?` says little without what was asked before."""
        request = state["request"]
        return {"sought": f"{request.turns[-1].question} {request.text}"}

    async def _write(self, state: State) -> dict[str, Any]:
        tell, request, sources = get_stream_writer(), state["request"], state["sources"]
        tell(Sources(sources))
        passages = [each.passage for each in sources]
        told = messages(request.text, passages, request.turns, draft=request.draft)
        model = self._choice.draft if request.draft else self._choice.ask
        held, begun = "", False
        async for piece in self._model.written(model, told):
            held += piece
            begun = begun or request.draft or not may_be_nothing(held)
            if begun:
                tell(Token(held))
                held = ""
        if not begun:
            tell(Token(nothing(request.text) if says_nothing(held) else held))
        tell(Written(found=(begun or not says_nothing(held)) and bool(sources)))
        return {}

    def _refuse(self, state: State) -> dict[str, Any]:
        tell = get_stream_writer()
        tell(Sources(()))
        tell(Token(nothing(state["request"].text)))
        tell(Written(found=False))
        return {}


def says_nothing(answer: str) -> bool:
    """Tell whether the model has found no answer."""
    return not answer.strip() or answer.strip().startswith(NOT_FOUND)


def may_be_nothing(answer: str) -> bool:
    """Tell whether it is no answer, or the beginning of none."""
    return says_nothing(answer) or NOT_FOUND.startswith(answer.strip())


def shown(sources: Sequence[Graded]) -> list[dict[str, Any]]:
    """Return the sources as they are kept and shown."""
    return [
        {"n": n, "document": each.passage.document, "title": each.passage.title,
         "text": each.passage.text, "score": round(min(each.score / 2, 1.0), 3)}
        for n, each in enumerate(sources, 1)
    ]  # fmt: skip
