"""App: what can be asked over HTTP, and how answers are sent."""

import asyncio
import re
import uuid
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing

import msgspec
import orjson

from seaway.ai.rag.answering import Answer, Answering, Event, Question, shown
from seaway.ai.rag.conversations import Conversations
from seaway.ai.rag.documents import Documents
from seaway.ai.rag.flow import Retriever
from seaway.ai.rag.library import Library
from seaway.ai.rag.reading import Read, Reader, cleaned
from seaway.serving.front import Front, Request
from seaway.serving.metrics import Gauge
from seaway.serving.multipart import Part, parts
from seaway.serving.refusal import Refusal
from seaway.serving.service import Endpoint, answer, decoded

LARGEST = 20 * 2**20
"""Bytes of a document."""
HEARTBEAT = 10.0
"""Seconds of silence after which a stream says that it is alive: balancers close silent ones."""
_LONGEST = 2000
"""Characters of a question."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_USUAL = "default"
_DOCUMENT = 200
"""Characters of a document's name and title."""


class Asked(msgspec.Struct):
    """A question."""

    question: str
    stream: bool = False
    collection: str = _USUAL
    conversation: str = ""


class Sought(msgspec.Struct):
    """A question whose passages are wanted, and no answer."""

    question: str
    collection: str = _USUAL
    limit: int = 10


class Given(msgspec.Struct):
    """A document as JSON."""

    text: str
    id: str = ""
    title: str = ""
    collection: str = _USUAL
    markdown: bool = True


class App:
    """The endpoints of one process."""

    def __init__(
        self, documents: Documents, library: Library, retriever: Retriever, answering: Answering,
        conversations: Conversations,
    ) -> None:  # fmt: skip
        self._documents, self._library, self._retriever = documents, library, retriever
        self._answering, self._conversations = answering, conversations
        self._reader = Reader()
        self.at_once = 100
        """Questions under way at most."""
        self._busy = 0
        told = answering.metrics
        self.metrics = (
            told.questions, told.cached, told.first, told.wrong, retriever.duration,
            Gauge("rag_questions_under_way", "Being answered.", lambda: {(): float(self._busy)}),
        )  # fmt: skip

    @property
    def endpoints(self) -> Mapping[str, Endpoint]:
        """By method and path."""
        return {
            "POST /v1/documents": self._add,
            "GET /v1/documents": self._list,
            "DELETE /v1/documents/{id}": self._remove,
            "POST /v1/search": self._search,
            "POST /v1/ask": self._ask,
            "DELETE /v1/conversations/{id}": self._forget,
        }

    # ---------------------------------------------------------------------------- documents

    async def _add(self, request: Request, reply: Front) -> None:
        if request.header("content-type").startswith("multipart/"):
            given, read = await self._form(request)
        else:
            given = decoded(request, Given)
            kind = "markdown" if given.markdown else "text"
            read = Read(cleaned(given.text), given.markdown, kind)
        document = _checked(given.id or str(uuid.uuid4()), "id")
        title = _checked(given.title or _first_heading(read) or document, "title")
        collection = _collection(given.collection)
        amount = await self._documents.take_in(collection, document, title, read)
        answer(reply, {"id": document, "title": title, "passages": amount}, 201)

    async def _form(self, request: Request) -> tuple[Given, Read]:
        found = parts(request.header("content-type"), request.body)
        file = found.get("file")
        if file is None:
            raise Refusal(400, "invalid_form", "The form has no field called `file`.")
        name = file.filename or ""
        given = Given(text="", id=_field(found, "id") or name[:_DOCUMENT],
                      title=_field(found, "title"),
                      collection=_field(found, "collection") or _USUAL)  # fmt: skip
        return given, await self._reader.read(file.data, name)

    async def _list(self, request: Request, reply: Front) -> None:
        query = request.query
        limit = _number(query.get("limit", "100"), 1, 1000)
        rows = await self._library.listed(
            _collection(query.get("collection", _USUAL)), query.get("after", ""), limit
        )
        following = rows[-1].id if len(rows) == limit else None
        answer(reply, {"documents": rows, "next": following})

    async def _remove(self, request: Request, reply: Front) -> None:
        collection = _collection(request.query.get("collection", _USUAL))
        if not await self._documents.remove(collection, request.named["id"]):
            raise Refusal(404, "unknown_document", "There is no such document.")
        answer(reply, {"deleted": request.named["id"]})

    # ---------------------------------------------------------------------------- questions

    async def _search(self, request: Request, reply: Front) -> None:
        sought = decoded(request, Sought)
        question, collection = _question(sought.question), _collection(sought.collection)
        limit = _number(str(sought.limit), 1, 50)
        ranked = await self._retriever.ranked(collection, question, limit)
        rows = [
            {**msgspec.to_builtins(shown(n, each)), "supports": each.candidate.supports}
            for n, each in enumerate(ranked, 1)
        ]
        answer(reply, {"results": rows})

    async def _ask(self, request: Request, reply: Front) -> None:
        told = decoded(request, Asked)
        question = Question(
            _question(told.question), _collection(told.collection), told.conversation
        )
        if len(told.conversation) > _DOCUMENT:
            raise Refusal(422, "invalid_conversation", f"Its name has at most {_DOCUMENT} letters.")
        if self._busy >= self.at_once:
            raise Refusal(503, "busy", "Too many questions are under way.", after=1)
        self._busy += 1
        try:
            async with aclosing(self._answering.events(question)) as events:
                await (self._stream(events, reply) if told.stream else self._whole(events, reply))
        finally:
            self._busy -= 1

    async def _whole(self, events: AsyncIterator[Event], reply: Front) -> None:
        async for event in events:
            if isinstance(event, Answer):
                answer(reply, msgspec.to_builtins(event))

    async def _stream(self, events: AsyncGenerator[Event], reply: Front) -> None:
        """The status waits for the first event: what cannot be answered at all is no stream."""
        try:
            async for event in with_heartbeats(events, HEARTBEAT):
                data = _event(event)
                if reply.begun:
                    reply.piece(data)
                elif event is not None:
                    reply.stream(b"", data)
                await reply.drained()
        except Refusal as refusal:
            if not reply.begun:
                raise
            reply.piece(_named("error", {"error": refusal.error}))
        reply.end()

    async def _forget(self, request: Request, reply: Front) -> None:
        if not await self._conversations.forget(request.named["id"]):
            raise Refusal(404, "unknown_conversation", "There is no such conversation.")
        answer(reply, {"deleted": request.named["id"]})


async def with_heartbeats(
    events: AsyncGenerator[Event], seconds: float
) -> AsyncIterator[Event | None]:
    """The events, and None for each time that nothing came for so long."""
    following = asyncio.ensure_future(anext(events, None))
    try:
        while True:
            done, _ = await asyncio.wait((following,), timeout=seconds)
            if not done:
                yield None
                continue
            event = following.result()
            if event is None:
                return
            yield event
            following = asyncio.ensure_future(anext(events, None))
    finally:
        following.cancel()
        await asyncio.wait((following,))


def _event(event: Event | None) -> bytes:
    match event:
        case None:
            return b": still at it\n\n"
        case str():
            return _named("token", {"text": event})
        case Answer():
            return _named("done", msgspec.to_builtins(event))
        case _:
            return _named("sources", {"sources": msgspec.to_builtins(event)})


def _named(name: str, told: object) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (name.encode(), orjson.dumps(told))


def _question(text: str) -> str:
    text = cleaned(text).strip()
    if len(text) > _LONGEST:
        raise Refusal(413, "question_too_long", f"A question has at most {_LONGEST} characters.")
    return text


def _collection(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise Refusal(422, "invalid_collection", "A collection's name has letters, digits, `_.-`.")
    return name


def _checked(text: str, field: str) -> str:
    if len(text) > _DOCUMENT or not text.isprintable():
        raise Refusal(422, f"invalid_{field}", f"The {field} has at most {_DOCUMENT} characters.")
    return text


def _first_heading(read: Read) -> str:
    first = read.text.lstrip().partition("\n")[0] if read.kind == "markdown" else ""
    return first[2:].strip()[:_DOCUMENT] if first.startswith("# ") else ""


def _field(found: Mapping[str, Part], name: str) -> str:
    return found[name].data.decode("utf-8", "replace").strip() if name in found else ""


def _number(text: str, least: int, most: int) -> int:
    if not text.isdecimal() or not least <= int(text) <= most:
        raise Refusal(422, "invalid_limit", f"The limit is a number from {least} to {most}.")
    return int(text)
