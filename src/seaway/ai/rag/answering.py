"""Answering: questions as clients ask them: kept answers, conversations, and what is counted."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from time import perf_counter

import msgspec

from seaway.ai.rag.conversations import Conversations, Turn
from seaway.ai.rag.flow import Flow, Source, Sources, Token, Written
from seaway.ai.rag.library import Library
from seaway.ai.rag.prompts import cited, nothing
from seaway.ai.rag.store import Store
from seaway.serving.metrics import Counter, Histogram

_FORM = "1"
"""Of kept answers and of the prompts; changed when an older answer is not good any more."""


class Shown(msgspec.Struct, frozen=True):
    """A source as clients see it; `n` is the number by which the answer names it."""

    n: int
    document: str
    title: str
    heading: str
    passage: str
    score: float
    """From 0 to 1: half by likeness, half by the words of the question."""


class Answer(msgspec.Struct, frozen=True):
    """The whole of it."""

    answer: str
    found: bool
    sources: tuple[Shown, ...]
    """All that the model was shown; `[n]` in the answer names one of them."""
    cited: tuple[int, ...] = ()
    complete: bool = True
    """False when the model was cut off by its own limit."""
    cached: bool = False


Event = tuple[Shown, ...] | str | Answer
"""What a stream says: the sources, pieces of the answer, and at the end all of it."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of which documents, and as a part of which conversation."""

    text: str
    collection: str
    conversation: str = ""


class Metrics:
    """What is counted of questions."""

    def __init__(self) -> None:
        self.questions = Counter("rag_questions_total", "By their end: found, not_found, failed.",
                                 ("end",))  # fmt: skip
        self.cached = Counter("rag_cache_requests_total", "Looked up: hit or miss.", ("result",))
        self.first = Histogram("rag_first_token_seconds", "From question to the first piece.")
        self.wrong = Counter("rag_wrong_citations_total", "Numbers in answers that name no source.")


class Answering:
    """All questions of one process."""

    def __init__(
        self, flow: Flow, library: Library, conversations: Conversations, name: str
    ) -> None:
        self._flow, self._library, self._conversations = flow, library, conversations
        self._name = name
        self.store: Store | None = None
        self.kept = 0.0
        """Seconds for which the store keeps an answer."""
        self.metrics = Metrics()

    async def events(self, question: Question) -> AsyncGenerator[Event]:
        """The answer as it comes.

        Raises:
            Refusal: there is none, or it broke off; then it is not kept.
        """
        since, end = perf_counter(), "failed"
        try:
            async with aclosing(self._events(question)) as events:
                first = True
                async for event in events:
                    if first and not isinstance(event, tuple):
                        first = False
                        self.metrics.first.note(perf_counter() - since)
                    if isinstance(event, Answer):
                        end = "found" if event.found else "not_found"
                    yield event
        finally:
            self.metrics.questions.add(end)

    async def _events(self, question: Question) -> AsyncGenerator[Event]:
        turns: tuple[Turn, ...] = ()
        if question.conversation:
            turns = await self._conversations.turns(question.conversation)
        key = await self._key(question, turns)
        kept = await self._kept(key)
        if kept is None:
            async with aclosing(self._made(question, turns)) as events:
                async for event in events:
                    if isinstance(event, Answer):
                        kept = event
                    else:
                        yield event
            assert kept is not None  # noqa: S101 -- the last event is an answer
            await self._keep(key, kept)
        else:
            yield kept.sources
            yield kept.answer
        if question.conversation:
            turn = Turn(question.text, kept.answer)
            await self._conversations.add(question.conversation, turn)
        yield kept

    async def _made(self, question: Question, turns: tuple[Turn, ...]) -> AsyncGenerator[Event]:
        sources: tuple[Shown, ...] = ()
        text, written = "", Written(found=False)
        running = self._flow.run(question.text, question.collection, turns)
        async with aclosing(running) as events:
            async for event in events:
                match event:
                    case Sources(found):
                        sources = tuple(shown(n, each) for n, each in enumerate(found, 1))
                        yield sources
                    case Token(piece):
                        text += piece
                        yield piece
                    case Written():
                        written = event
        if written.found:
            good, wrong = cited(text, len(sources))
            self.metrics.wrong.add(amount=wrong)
            yield Answer(
                answer=text.strip(), found=True, sources=sources, cited=good,
                complete=written.complete,
            )  # fmt: skip
        else:
            text = nothing(question.text)
            yield text
            yield Answer(answer=text, found=False, sources=())

    async def _key(self, question: Question, turns: tuple[Turn, ...]) -> str:
        """Equal only where the answer is: the same documents, the same question and talk."""
        if self.store is None or not self.kept:
            return ""
        version = await self._library.version(question.collection)
        parts = (_FORM, question.collection, str(version), self._flow.told,
                 " ".join(question.text.split()), *(f"{each.question}\0{each.answer}"
                                                    for each in turns))  # fmt: skip
        whole = hashlib.blake2b(digest_size=20)
        for part in parts:
            data = part.encode()
            whole.update(b"%d:%s" % (len(data), data))
        return f"{self._name}:rag:{whole.hexdigest()}"

    async def _kept(self, key: str) -> Answer | None:
        if self.store is None or not key:
            return None
        found = await self.store.get(key)
        self.metrics.cached.add("miss" if found is None else "hit")
        if found is None:
            return None
        return msgspec.structs.replace(msgspec.json.decode(found, type=Answer), cached=True)

    async def _keep(self, key: str, answer: Answer) -> None:
        if self.store is not None and key and answer.complete:
            await self.store.put(key, self.kept, msgspec.json.encode(answer))


def shown(n: int, source: Source) -> Shown:
    """A source as clients see it."""
    kept, candidate = source.kept, source.candidate
    return Shown(
        n=n, document=kept.document, title=kept.title, heading=kept.heading, passage=kept.text,
        score=round(candidate.score / 2, 4),
    )  # fmt: skip
