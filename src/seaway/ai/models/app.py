"""App: which model answers what."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from seaway.ai.models.answering import send
from seaway.ai.models.conversation import Conversation
from seaway.ai.models.embedding import Embedding, texts_of, told
from seaway.ai.models.extracting import extracted
from seaway.ai.models.lane import Lane
from seaway.ai.models.passages import chinese, passages
from seaway.ai.models.recording import Recording, given, recording
from seaway.ai.models.sentences import LENGTH, Sentences, padded
from seaway.ai.models.session import Rows
from seaway.ai.models.settings import CHAT, EMBED, EXTRACT, FOOD, HEAR, Settings
from seaway.ai.models.transcribing import asked_of, transcript
from seaway.serving.front import Front, Request
from seaway.serving.metrics import Counter, Gauge
from seaway.serving.refusal import Refusal
from seaway.serving.service import Service, answer, decoded

if TYPE_CHECKING:
    from seaway.ai.models.hearing import Hearing

SENTENCES = "sentences"
LARGEST = 16 * 2**20
"""Bytes of a request: pictures come inside."""
LARGEST_HEARD, HEARD = 28 * 2**20, 2
"""The same where recordings do, in base64; and how many large ones are received at a time."""
WAITING = {SENTENCES: 64, CHAT: 4, FOOD: 16, HEAR: 4}
"""Requests that may wait for each network; embeddings and quotes go through the same one."""


class Models:
    """The models of one process; those that are not served are not loaded."""

    def __init__(self, told: Settings) -> None:
        self._serve = frozenset(told.serve)
        self._lanes = {each: Lane(each, most) for each, most in WAITING.items()}
        self._sentences = self._writer = self._foods = self._hearing = None
        if self._serve & {EMBED, EXTRACT, CHAT}:
            self._sentences = Sentences(told.path(told.files.sentences))
        if CHAT in self._serve:
            from seaway.ai.models.writing import Writer  # noqa: PLC0415 -- 34 MB of code

            self._writer = Writer(told.path(told.files.writer))
        if FOOD in self._serve:
            from seaway.ai.models.foods import Foods  # noqa: PLC0415 -- likewise, with onnx

            self._foods = Foods(told.path(told.files.foods), told.path(told.files.labels))
        if HEAR in self._serve:
            self._hearing = _hearing(told)
        self.answers = Counter("ai_answers_total", "Chat answers, by the model that gave them.",
                               ("model",))  # fmt: skip
        embeddings = Gauge("ai_embeddings", "Vectors since the start.", self._made, ("how",))
        busy = Gauge(
            "ai_model_requests_waiting", "Requests that a model has.", self._busy, ("model",)
        )
        self.metrics = (self.answers, embeddings, busy)

    async def list(self, request: Request, reply: Front) -> None:
        """The models that are served."""
        del request
        rows = [{"id": each, "object": "model", "created": 0, "owned_by": "seaway"}
                for each in sorted(self._serve)]  # fmt: skip
        answer(reply, {"object": "list", "data": rows})

    async def embed(self, request: Request, reply: Front) -> None:
        """Vectors of texts."""
        asked = decoded(request, Embedding)
        self._check(asked.model, EMBED)
        texts = texts_of(asked)
        rows = await self._lanes[SENTENCES].run(lambda: self._rows(texts))
        answer(reply, told(asked, texts, padded(rows, asked.dimensions or LENGTH)))

    async def chat(self, request: Request, reply: Front) -> None:
        """A text, what is in a picture, or what is said in a recording."""
        talk = decoded(request, Conversation)
        talk.check()
        self._check(talk.model, CHAT, EXTRACT, FOOD, HEAR)
        model = self._answering(talk)
        self.answers.add(model)
        more: Callable[[], int] = int
        match model:
            case "hear":
                found = recording(given(talk.sound), talk.language)
                request.body = b""  # it waits once, not three times
                talk.forget()
                pieces, more = self._said(found), lambda: found.tokens
            case "food":
                pieces = self._named(talk)
            case "chat" if self._writer:
                pieces = self._writer.pieces(talk, self._lanes[CHAT])
            case _:
                pieces = self._quoted(talk)
        await send(talk, model, pieces, reply, more)

    async def transcribe(self, request: Request, reply: Front) -> None:
        """What is said in a recording that comes as a file."""
        asked = asked_of(request)
        request.body = b""
        self._check(asked.model, HEAR)
        self.answers.add(HEAR)
        text = "".join([each async for each in self._said(asked.recording)])
        reply.whole(200, *transcript(asked, text))

    def _answering(self, talk: Conversation) -> str:
        """`chat` writes English only, and where there is material it is quoted, not retold."""
        if talk.model != CHAT:
            return talk.model
        given = passages(each.text for each in talk.messages)
        return EXTRACT if given or chinese(talk.question) else CHAT

    async def _quoted(self, talk: Conversation) -> AsyncIterator[str]:
        text = await self._lanes[SENTENCES].run(lambda: extracted(talk, self._rows))
        for line in text.splitlines(keepends=True):
            yield line

    async def _named(self, talk: Conversation) -> AsyncIterator[str]:
        foods, address = self._foods, talk.picture
        if foods is None or not address:
            raise Refusal(400, "invalid_image", "There is no picture in the messages.")
        yield await self._lanes[FOOD].run(lambda: foods.told(address))

    def _said(self, found: Recording) -> AsyncIterator[str]:
        if self._hearing is None:
            raise Refusal(404, "model_not_found", "This model is not served here.")
        self._hearing.check(found.language)
        return self._hearing.said(found, self._lanes[HEAR])

    def _rows(self, texts: Sequence[str]) -> Rows:
        if self._sentences is None:
            raise Refusal(404, "model_not_found", "This model is not served here.")
        return self._sentences.rows(texts)

    def _check(self, model: str, *able: str) -> None:
        if model not in self._serve:
            known = ", ".join(sorted(self._serve))
            raise Refusal(
                404, "model_not_found", f"There is no model {model!r}; there are: {known}."
            )
        if model not in able:
            raise Refusal(400, "unsupported_model", f"The model {model!r} cannot do this.")

    def _made(self) -> dict[tuple[str, ...], float]:
        found = self._sentences
        return {("made",): found.made, ("remembered",): found.remembered} if found else {}

    def _busy(self) -> dict[tuple[str, ...], float]:
        return {(name,): float(lane.busy) for name, lane in self._lanes.items()}

    def close(self) -> None:
        """Let go."""
        for each in self._lanes.values():
            each.close()


def _hearing(told: Settings) -> "Hearing":
    try:
        from seaway.ai.models.hearing import Hearing  # noqa: PLC0415 -- 290 MB of code, an extra
    except ModuleNotFoundError as error:
        raise ValueError("the model 'hear' needs: pip install 'seaway[speech]'") from error
    its = told.files
    return Hearing(
        [told.path(its.speech_1), told.path(its.speech_2)], told.path(its.speech_config),
        told.path(its.speech_tokenizer), told.path(its.speech_vocabulary),
    )  # fmt: skip


@asynccontextmanager
async def opened(settings: Settings) -> AsyncGenerator[Service]:
    """The service with its models loaded."""
    models = Models(settings)
    endpoints = {
        "GET /v1/models": models.list,
        "POST /v1/embeddings": models.embed,
        "POST /v1/chat/completions": models.chat,
        "POST /v1/audio/transcriptions": models.transcribe,
    }
    try:
        hears = HEAR in settings.serve
        largest = LARGEST_HEARD if hears else LARGEST
        service = Service(settings.keys, endpoints, largest=largest, metrics=models.metrics)
        service.bodies = HEARD if hears else 0
        yield service
    finally:
        models.close()
