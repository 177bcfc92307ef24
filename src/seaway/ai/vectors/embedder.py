"""Embedder: vectors of texts by the gateway: together where several wait, remembered, bounded."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

import msgspec
import orjson

from seaway.ai.vectors.numbers import Vector, checked
from seaway.serving.client import CallFailed, Client
from seaway.serving.metrics import Counter
from seaway.serving.refusal import Refusal

TOGETHER = 64
"""Texts in one call."""
WAITING = 4096
"""Texts; more are refused."""
KEPT = 4096
CALLS = 2
"""At once."""
LIMIT = 60.0
"""Seconds for a call: the gateway gives up earlier and says why."""
_BUSY = (429, 503)


class _Row(msgspec.Struct):
    index: int
    embedding: list[float]


class _Told(msgspec.Struct):
    model: str
    data: list[_Row]


class Embedder:
    """One model behind one gateway."""

    def __init__(self, client: Client, model: str) -> None:
        self._client, self._model = client, model
        self._known: OrderedDict[str, Vector] = OrderedDict()
        self._waiting: dict[str, asyncio.Future[Vector]] = {}
        self._queue: asyncio.Queue[str] = asyncio.Queue()
        self.answering = ""
        """The model that answers, by its own name: another's vectors are of another space."""
        self.texts = Counter("vectors_embeddings_total", "Texts, made or cached.", ("how",))

    @property
    def waiting(self) -> int:
        """Texts that are on their way."""
        return len(self._waiting)

    async def rows(self, texts: Sequence[str]) -> list[Vector]:
        """One vector for each text, as long as the model makes them.

        Raises:
            Refusal: there are too many, or the gateway cannot.
        """
        new = {each for each in texts if each not in self._known and each not in self._waiting}
        if len(self._waiting) + len(new) > WAITING:
            raise Refusal(503, "overloaded", "Too many texts wait for their vectors.", after=2)
        self.texts.add("made", amount=len(new))
        self.texts.add("cached", amount=len(texts) - len(new))
        found = [self._future(each) for each in texts]
        done = await asyncio.gather(*found, return_exceptions=True)
        for each in done:
            if isinstance(each, BaseException):
                raise each
        return [each for each in done if not isinstance(each, BaseException)]

    def _future(self, text: str) -> asyncio.Future[Vector]:
        if text in self._waiting:
            return asyncio.shield(self._waiting[text])
        future: asyncio.Future[Vector] = asyncio.get_running_loop().create_future()
        if text in self._known:
            self._known.move_to_end(text)
            future.set_result(self._known[text])
            return future
        future.add_done_callback(_looked_at)
        self._waiting[text] = future
        self._queue.put_nowait(text)
        return asyncio.shield(future)

    async def work(self) -> None:
        """Ask for what waits, for ever."""
        async with asyncio.TaskGroup() as together:
            for _ in range(CALLS):
                together.create_task(self._work())

    async def _work(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < TOGETHER and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            try:
                rows = await self.asked(batch)
            except Refusal as refusal:
                for text in batch:
                    self._waiting.pop(text).set_exception(refusal)
                continue
            for text, row in zip(batch, rows, strict=True):
                self._known[text] = row
                self._waiting.pop(text).set_result(row)
            while len(self._known) > KEPT:
                self._known.popitem(last=False)

    async def asked(self, texts: Sequence[str]) -> list[Vector]:
        """By one call, without remembering anything.

        Raises:
            Refusal: the gateway cannot.
        """
        body = orjson.dumps({"model": self._model, "input": list(texts)})
        try:
            told = await self._client.post("/embeddings", body, LIMIT)
            if told.status in _BUSY:
                after = float(told.headers.get("retry-after") or 1)
                raise Refusal(503, "embeddings_busy", "The model has too much to do.", after=after)
            if told.status != 200:  # noqa: PLR2004 -- HTTP's own
                why = told.body[:300].decode(errors="replace")
                raise Refusal(502, "embeddings_failed", f"No vectors: {told.status} {why}")
            answer = msgspec.json.decode(told.body, type=_Told)
        except (CallFailed, msgspec.DecodeError, ValueError) as error:
            raise Refusal(503, "embeddings_gone", f"No vectors: {error}", after=1) from error
        return self._read(answer, len(texts))

    def _read(self, answer: _Told, count: int) -> list[Vector]:
        if self.answering and answer.model != self.answering:
            message = f"Vectors came from {answer.model}, not from {self.answering}."
            raise Refusal(503, "another_model", message, after=5)
        rows = sorted(answer.data, key=lambda each: each.index)
        if len(rows) != count:
            raise Refusal(502, "embeddings_failed", "There is not a vector for each text.")
        self.answering = answer.model
        return [checked(each.embedding, len(each.embedding)) for each in rows]


def _looked_at(future: asyncio.Future[Vector]) -> None:
    """Who asked may be gone: then nobody else looks at the exception."""
    if not future.cancelled():
        future.exception()
