"""Keeps and finds the vectors of passages, in the vectors service of the stack."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from seaway_service.client import JSON, Call, Client, packed

KIND = "passage"
AT_ONCE = 100


class Vectors:
    """The store of vectors, which makes them from texts by itself."""

    def __init__(self, url: str, key: str, patience: timedelta) -> None:
        self._client = Client("the vectors", url, patience, retries=2)
        self._headers = {"authorization": f"Bearer {key}", "content-type": JSON}

    async def close(self) -> None:
        """Close all connections."""
        await self._client.close()

    async def keep(self, texts: Mapping[str, str], facts: Mapping[str, object]) -> None:
        """Keep the vector of each text by its id, in place of the one before."""
        for some in batches(list(texts.items())):
            items = [{"id": key, "text": text, "type": KIND, "metadata": facts}
                     for key, text in some]  # fmt: skip
            await self._asked("/upsert", {"items": items})

    async def near(self, text: str, owner: str, limit: int) -> dict[str, float]:
        """Return how alike the owner's passages are that are most like the text, by id."""
        asked = {"type": KIND, "text": text, "filter": {"owner": owner}, "threshold": 0.0,
                 "limit": limit}  # fmt: skip
        answer = await self._asked("/search", asked)
        return {each["id"]: float(each["similarity"]) for each in answer["results"]}

    async def forget(self, facts: Mapping[str, object]) -> None:
        """Forget all vectors that have these facts; there may be none."""
        await self._asked("/delete", {"type": KIND, "filter": dict(facts)})

    async def _asked(self, path: str, value: object) -> dict[str, Any]:
        call = Call(method="POST", path=path, body=packed(value), headers=self._headers)
        return await self._client.json(call)


def batches(items: Sequence[tuple[str, str]]) -> list[Sequence[tuple[str, str]]]:
    """Return them in groups that fit into one request."""
    return [items[at : at + AT_ONCE] for at in range(0, len(items), AT_ONCE)]
