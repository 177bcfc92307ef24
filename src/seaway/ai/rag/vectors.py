"""Vectors: the search for likeness, asked of the vectors service over HTTP."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import httpx2
import msgspec

from seaway.serving.refusal import Refusal

BATCH = 64
"""Passages sent at once."""
WITHIN = httpx2.Timeout(30.0, connect=3.0)
"""Seconds for one request; embedding a batch takes some."""
_LONGEST_KIND = 50


@dataclass(frozen=True, slots=True)
class Like:
    """A passage that is like the question."""

    passage: int
    similarity: float


class _Result(msgspec.Struct):
    id: str
    similarity: float


class _Results(msgspec.Struct):
    results: list[_Result]


class Vectors:
    """One vectors service."""

    def __init__(self, url: str, key: str) -> None:
        self._http = httpx2.AsyncClient(
            base_url=url, headers={"authorization": f"Bearer {key}"}, timeout=WITHIN,
            trust_env=False,
        )  # fmt: skip

    async def close(self) -> None:
        """End its connections."""
        await self._http.aclose()

    async def keep(self, kind: str, texts: Iterable[tuple[int, str]]) -> None:
        """Embed and keep passages."""
        items = [{"type": kind, "id": str(number), "text": text} for number, text in texts]
        for at in range(0, len(items), BATCH):
            await self._asked("/upsert", {"items": items[at : at + BATCH]})

    async def like(self, kind: str, question: str, least: float, limit: int) -> list[Like]:
        """The passages most like a question, best first."""
        body = await self._asked("/search", {"type": kind, "text": question, "threshold": least,
                                             "limit": limit})  # fmt: skip
        found = msgspec.json.decode(body, type=_Results).results
        return [Like(int(each.id), each.similarity) for each in found]

    async def forget(self, kind: str, passages: Sequence[int]) -> None:
        """Delete them, as far as they are there."""
        if passages:
            await self._asked("/delete", {"type": kind, "ids": [str(each) for each in passages]})

    async def _asked(self, path: str, told: dict[str, object]) -> bytes:
        try:
            answer = await self._http.post(path, json=told)
        except httpx2.HTTPError as error:
            message = "The vectors service does not answer."
            raise Refusal(503, "search_gone", message, after=2) from error
        if answer.is_success:
            return answer.content
        message = f"The vectors service refuses: {answer.text[:200]}"
        busy = answer.status_code in {429, 503}
        raise Refusal(503 if busy else 502, "search_failed", message, after=2 if busy else 0)


def kind_of(name: str, collection: str) -> str:
    """The type of vectors of a collection; what is too long is told apart by a digest."""
    kind = f"rag:{name}:{collection}"
    if len(kind) <= _LONGEST_KIND:
        return kind
    digest = hashlib.blake2b(kind.encode(), digest_size=8).hexdigest()
    return f"{kind[: _LONGEST_KIND - 17]}:{digest}"
