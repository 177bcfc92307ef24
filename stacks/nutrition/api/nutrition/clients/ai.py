"""Asks the three AI services: vectors, pictures, answers from documents."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from typing import Any
from urllib.parse import quote

from seaway_service.client import JSON, Call, Client, Reply, packed, refuse
from seaway_service.errors import NotThereError

from nutrition.shared_settings import Shared

DISH = "dish"
"""The type of the vectors of dishes."""
COLLECTION = "dishes"
"""Where answers are looked for."""
NOT_FOUND = 404
STREAM_SILENCE = timedelta(seconds=60)


class Service:
    """One AI service: its address, its key, and how long to wait for it."""

    def __init__(self, client: Client, key: str) -> None:
        self.client = client
        self._authorization = {"authorization": f"Bearer {key}"}

    def call(self, method: str, path: str, value: object = None) -> Call:
        """Return a request of JSON."""
        if value is None:
            return Call(method=method, path=path, headers=self._authorization)
        headers = {**self._authorization, "content-type": JSON}
        return Call(method=method, path=path, headers=headers, body=packed(value))

    def raw(self, path: str, body: bytes, media_type: str) -> Call:
        """Return a request that must not be sent twice."""
        headers = {**self._authorization, "content-type": media_type}
        return Call(method="POST", path=path, headers=headers, body=body, repeatable=False)

    async def close(self) -> None:
        """Close all connections."""
        await self.client.close()


class Search(Service):
    """The store of vectors."""

    async def embedded(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text."""
        answer = await self.client.json(self.call("POST", "/embed", {"texts": list(texts)}))
        return [list(each) for each in answer["vectors"]]

    async def keep(self, dish: str, vector: Sequence[float], facts: Mapping[str, object]) -> None:
        """Keep the vector of a dish, in place of the one before."""
        item = {"type": DISH, "id": dish, "vector": list(vector), "metadata": dict(facts)}
        await self.client.json(self.call("POST", "/upsert", {"items": [item]}))

    async def forget(self, dish: str) -> None:
        """Forget the vector of a dish; one that is not there is fine."""
        await self.client.json(self.call("POST", "/delete", {"type": DISH, "ids": [dish]}))

    async def near(self, text: str, threshold: float, limit: int) -> list[dict[str, Any]]:
        """Return the dishes most like the text: `id`, `similarity`, `metadata`."""
        asked = {"type": DISH, "text": text, "threshold": threshold, "limit": limit}
        answer = await self.client.json(self.call("POST", "/search", asked))
        return [dict(each) for each in answer["results"]]


class Vision(Service):
    """Whoever keeps pictures and says what is on them."""

    async def take(self, body: bytes, media_type: str) -> dict[str, Any]:
        """Keep a picture and say what is on it; `body` is a form with the field `file`."""
        return await self.client.json(self.raw("/images", body, media_type))

    async def picture(self, photo: str) -> Reply:
        """Return the bytes of a picture.

        Raises:
            NotThereError: it is not kept, or not any more.
        """
        reply = await self.client.ask(self.call("GET", f"/images/{quote(photo, safe='')}"))
        if reply.status == NOT_FOUND:
            raise NotThereError
        refuse("the vision service", reply)
        return reply

    async def forget(self, photo: str) -> None:
        """Delete a picture; one that is gone is fine."""
        reply = await self.client.ask(self.call("DELETE", f"/images/{quote(photo, safe='')}"))
        if reply.status != NOT_FOUND:
            refuse("the vision service", reply)


class Chat(Service):
    """Whoever answers questions from what is written about dishes."""

    async def learn(self, dish: str, title: str, text: str) -> None:
        """Take in what is written about a dish, in place of what was before."""
        document = {"id": f"dish:{dish}", "title": title, "text": text, "collection": COLLECTION}
        await self.client.json(self.call("POST", "/documents", document))

    async def forget(self, dish: str) -> None:
        """Forget what is written about a dish; what is not there is fine."""
        path = f"/documents/{quote(f'dish:{dish}', safe='')}"
        reply = await self.client.ask(self.call("DELETE", path))
        if reply.status != NOT_FOUND:
            refuse("the chat service", reply)

    async def answer(self, question: str) -> dict[str, Any]:
        """Return the whole answer."""
        asked = {"question": question, "collection": COLLECTION}
        return await self.client.json(self.call("POST", "/ask", asked))

    def told(self, question: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Open the answer as events, as they come."""
        asked = {"question": question, "collection": COLLECTION, "stream": True}
        return self.client.stream(self.call("POST", "/ask", asked))


def search(settings: Shared) -> Search:
    """Return the store of vectors."""
    return Search(client("the search service", settings.SEARCH_URL, settings), settings.SEARCH_KEY)


def vision(settings: Shared) -> Vision:
    """Return whoever looks at pictures."""
    return Vision(client("the vision service", settings.VISION_URL, settings), settings.VISION_KEY)


def chat(settings: Shared) -> Chat:
    """Return whoever answers."""
    return Chat(client("the chat service", settings.CHAT_URL, settings), settings.CHAT_KEY)


def client(part: str, url: str, settings: Shared) -> Client:
    """Return a client with the patience of the settings (R53)."""
    return Client(part, url, settings.ai_patience, settings.AI_MAX_RETRIES)
